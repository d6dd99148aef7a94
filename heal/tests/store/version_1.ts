// The tables of a store of version 1, with two redeploys: one of a job whose answer is not known, and one by hand.

/** The statements. */
export function VERSION_1(id: string): string[] {
  return [
    "CREATE TABLE store_version (version BIGINT NOT NULL)",
    "INSERT INTO store_version (version) VALUES (1)",
    `CREATE TABLE jobs (
      id ${id}, host_id BIGINT NOT NULL, policy_id BIGINT NOT NULL, policy_name TEXT, serial TEXT, computer_id TEXT,
      state TEXT NOT NULL, reason TEXT NOT NULL, created_at BIGINT NOT NULL, delivered_at BIGINT NOT NULL,
      deliveries BIGINT NOT NULL, due_at BIGINT NOT NULL, redeployed_at BIGINT, unanswered_since BIGINT,
      tries BIGINT NOT NULL, lease_owner TEXT, lease_until BIGINT, ended_at BIGINT
    )`,
    `CREATE TABLE redeploys (
      id ${id}, job_id BIGINT, computer_id TEXT NOT NULL, serial TEXT NOT NULL, asked_at BIGINT NOT NULL,
      attempts BIGINT NOT NULL, state TEXT NOT NULL, command_uuid TEXT
    )`,
    `INSERT INTO redeploys (job_id, computer_id, serial, asked_at, attempts, state, command_uuid) VALUES
      (5, '1', 'S1', 1800000000, 1, 'in_flight', NULL), (NULL, '2', 'S2', 1800000000, 1, 'queued', 'uuid')`,
  ];
}
