import type { RefusalReason } from '../../../../../config/catalog/quarantine-reasons.ts';

/** A document that is not read to its end; the message names a place and what is allowed, never what stands there. */
export class XmlRefusal extends Error {
  readonly refused: RefusalReason;
  constructor(refused: RefusalReason, message: string) {
    super(message);
    this.refused = refused;
  }
}
