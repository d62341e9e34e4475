/**
 * Three-digit ZIP areas of 20,000 people or fewer by the 2000 census: Safe Harbor writes them 000 (45 CFR 164.514(b)(2)(i)(B); list: HHS OCR,
 * Guidance Regarding Methods for De-identification of Protected Health Information, 26 November 2012, question 3.3).
 */
export const SPARSE_ZIP3: readonly string[] = ['036', '059', '063', '102', '203', '556', '692', '790', '821', '823', '830', '831', '878', '879', '884', '890', '893'];
