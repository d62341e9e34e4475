/** Slices of at most `most` items, and of about so many bytes of JSON. */
export function* batches<T>(items: readonly T[], most: number, bytes = Infinity): Generator<T[]> {
  let batch: T[] = [];
  let size = 0;
  for (const item of items) {
    const own = bytes === Infinity ? 0 : JSON.stringify(item).length + 1;
    if (batch.length === most || (batch.length > 0 && size + own > bytes)) {
      yield batch;
      batch = [];
      size = 0;
    }
    batch.push(item);
    size += own;
  }
  if (batch.length > 0) yield batch;
}
