/** 16^(exponent − 64 − 14) for each exponent of 7 bits: the 56-bit fraction is read as an integer, 14 hexadecimal digits too large. */
const SCALE = Float64Array.from({ length: 128 }, (_, exponent) => 2 ** (4 * (exponent - 64 - 14)));

const isMissingCode = (byte: number): boolean => byte === 0x2e || byte === 0x5f || (byte >= 0x41 && byte <= 0x5a);

/**
 * A number as SAS writes it in a transport file: IBM hexadecimal floating point (1 sign bit, 7 bits of exponent to base 16, 56 of fraction),
 * cut on the right to `length` bytes, 2 to 8. A missing value (`.`, `._`, `.A` to `.Z`: its character, then zeros) is null.
 * SAS TS-140, "Numeric data fields" and "Missing values".
 */
export const ibmNumber = (bytes: Buffer, at: number, length: number): number | null => {
  let high = 0;
  let low = 0;
  for (let index = 1; index < 4; index++) high = high * 256 + (index < length ? bytes[at + index]! : 0);
  for (let index = 4; index < 8; index++) low = low * 256 + (index < length ? bytes[at + index]! : 0);
  const first = bytes[at]!;
  if (high === 0 && low === 0) return isMissingCode(first) ? null : 0;
  // the sum is rounded once, to the nearest double; the scale is a power of two and exact
  const value = (high * 0x1_0000_0000 + low) * SCALE[first & 0x7f]!;
  return first & 0x80 ? -value : value;
};
