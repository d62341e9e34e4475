import { hash } from 'node:crypto';

const START = 1 << 12;
/** 16 million keys, 256 MB outside the heap. */
const MAX_SLOTS = 1 << 25;

/** A set of keys by 64 bits of their SHA-256, 16 bytes a key. Two keys may, once in 10^5 sets of a million, pass for one. */
export class KeySet {
  #slots = new BigUint64Array(START);
  #size = 0;

  /** Adds a key; false: it was there. Null: there is no room for more. */
  add(key: string): boolean | null {
    if (this.#size * 2 >= this.#slots.length) {
      if (this.#slots.length >= MAX_SLOTS) return null;
      const old = this.#slots;
      this.#slots = new BigUint64Array(old.length * 2);
      for (const mark of old) if (mark !== 0n) this.#place(mark);
    }
    const added = this.#place(markOf(key));
    if (added) this.#size += 1;
    return added;
  }

  has(key: string): boolean {
    return this.#slots[this.#slotOf(markOf(key))] !== 0n;
  }

  get size(): number {
    return this.#size;
  }

  #place(mark: bigint): boolean {
    const slot = this.#slotOf(mark);
    if (this.#slots[slot] === mark) return false;
    this.#slots[slot] = mark;
    return true;
  }

  #slotOf(mark: bigint): number {
    const last = this.#slots.length - 1;
    let slot = Number(mark & 0xffff_ffffn) & last;
    while (this.#slots[slot] !== 0n && this.#slots[slot] !== mark) slot = (slot + 1) & last;
    return slot;
  }
}

/** Never 0, which marks a free slot. */
const markOf = (key: string): bigint => hash('sha256', key, 'buffer').readBigUInt64BE() | 1n;
