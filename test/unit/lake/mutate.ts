/** A generator of pseudo-random numbers below 1 that says the same for the same seed (mulberry32). */
export const seeded = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Damages bytes in one to four places: flipped bits, other bytes, pieces left out, doubled, moved, put in from `words`; or breaks them off. */
export const mutate = (source: Buffer, words: readonly string[], random: () => number): Buffer => {
  const below = (limit: number): number => Math.floor(random() * limit);
  let bytes: Buffer = Buffer.from(source);
  for (let times = 1 + below(4); times > 0; times--) {
    const at = below(bytes.length + 1);
    const piece = bytes.subarray(at, at + 1 + below(random() < 0.8 ? 12 : 400));
    const cut = (replacement: Uint8Array): Buffer => Buffer.concat([bytes.subarray(0, at), replacement, bytes.subarray(at + piece.length)]);
    switch (below(7)) {
      case 0:
        if (at < bytes.length) bytes[at]! ^= 1 << below(8);
        break;
      case 1:
        if (at < bytes.length) bytes[at] = below(256);
        break;
      case 2:
        bytes = cut(Buffer.alloc(0));
        break;
      case 3:
        bytes = cut(Buffer.concat([piece, piece, piece]));
        break;
      case 4:
        bytes = Buffer.concat([cut(Buffer.alloc(0)), piece]);
        break;
      case 5:
        bytes = cut(Buffer.from(words[below(words.length)]!, 'latin1'));
        break;
      default:
        if (random() < 0.3) bytes = bytes.subarray(0, at);
    }
  }
  return bytes;
};
