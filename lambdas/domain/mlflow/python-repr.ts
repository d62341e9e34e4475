const ESCAPES: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const hex = (character: string): string => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;

/** Text as Python's `repr` writes it, which MLflow's messages quote. */
export const pythonRepr = (text: string): string => {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is escaped
  const escaped = text.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character]!).replace(/[\x00-\x1f\x7f-\xa0\xad]/g, hex);
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`;
};
