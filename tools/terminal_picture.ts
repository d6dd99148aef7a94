// Text with the colors of a terminal to a picture.

const COLUMN = 7.8;
const ROW = 18;
const MARGIN = 16;

const ESCAPE = String.fromCharCode(0x1b);
const SEQUENCE = new RegExp(`${ESCAPE}\\[\\d+m`, "g");
const COLORED = new RegExp(`${ESCAPE}\\[(\\d+)m([^${ESCAPE}]*)${ESCAPE}\\[0m`, "g");

/** The colors by the number of their escape sequence; of text without one, and behind it. */
const THEMES = {
  light: { text: "#1f2328", back: "#ffffff", "31": "#cf222e", "32": "#1a7f37", "33": "#9a6700" },
  dark: { text: "#e6edf3", back: "#0d1117", "31": "#ff7b72", "32": "#3fb950", "33": "#d29922" },
} as const;

/**
 * Makes an SVG of what a terminal shows.
 *
 * @param text Lines with the escape sequences for red, green and yellow, and no others.
 */
export function terminalPicture(text: string, theme: keyof typeof THEMES): string {
  const colors: Readonly<Record<string, string>> = THEMES[theme];
  const lines = text.trimEnd().split("\n");
  const columns = Math.max(...lines.map((line) => line.replace(SEQUENCE, "").length));
  const width = Math.ceil(columns * COLUMN) + 2 * MARGIN;
  const height = lines.length * ROW + 2 * MARGIN;
  const rows = lines.map((line, i) =>
    `<text x="${MARGIN}" y="${MARGIN + 13 + i * ROW}" xml:space="preserve">${
      spans(line, colors)
    }</text>`
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<style>text { font: 13px ui-monospace, Menlo, Consolas, monospace; fill: ${
      colors["text"]
    } }</style>`,
    `<rect width="${width}" height="${height}" rx="6" fill="${colors["back"]}"/>`,
    ...rows,
    "</svg>\n",
  ].join("\n");
}

function spans(line: string, colors: Readonly<Record<string, string>>): string {
  return escape(line).replace(
    COLORED,
    (_, color: string, text: string) => `<tspan fill="${colors[color]}">${text}</tspan>`,
  );
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
