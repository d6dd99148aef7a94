// What Fleet sends when a policy fails on hosts.

/** Which policy, and which hosts fail it. */
export interface Failing {
  readonly policyId?: number;
  readonly hostIds: Iterable<number>;
}

/** The body of one delivery, to be sent as JSON. */
export function webhookBody({ policyId = 1, hostIds }: Failing): unknown {
  const hosts = Array.from(hostIds, (id) => ({
    id,
    hostname: `mac-${id}.local`,
    display_name: `Mac ${id}`,
    url: `https://fleet.example.com/hosts/${id}`,
  }));
  return {
    timestamp: new Date().toISOString(),
    policy: {
      id: policyId,
      name: "Jamf agent checks in",
      query: "SELECT 1 FROM file WHERE path = '/opt/telemetry/jamf/last_checkin';",
      critical: false,
      description: "",
      author_id: 1,
      author_name: "Admin",
      author_email: "admin@example.com",
      fleet_id: null,
      team_id: null,
      resolution: "",
      platform: "darwin",
      calendar_events_enabled: false,
      conditional_access_enabled: false,
      created_at: "2026-01-02T03:04:05Z",
      updated_at: "2026-01-02T03:04:05Z",
      passing_host_count: 0,
      failing_host_count: hosts.length,
      host_count_updated_at: null,
    },
    hosts,
  };
}
