/** RFC 9110, 10.2.3: seconds, or a date; null where neither. */
export const retryAfterSeconds = (header: string | undefined, now: number): number | null => {
  if (header === undefined) return null;
  const text = header.trim();
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Number(text);
  // 5.6.7: IMF-fixdate, and the two obsolete forms, of which asctime's says no zone
  const date = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text.endsWith(' GMT') ? text : `${text} GMT`) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, (date - now) / 1000);
};

/** Answers that a later request may not get: RFC 6585, 4 and RFC 9110, 15.6. */
export const isTransient = (status: number): boolean => status === 429 || status === 502 || status === 503 || status === 504;
