import { Buffer } from 'node:buffer'

import { parseJson } from './parse-json.ts'

/** A value as JSON text in UTF-8, unread: it is passed on as it came. */
export class JsonText {
  readonly bytes: Uint8Array

  /** `bytes` are kept, and must not be changed. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /**
   * The value; see {@link parseJson}.
   *
   * @throws ServiceError `invalid_argument`
   */
  parse(): unknown {
    return parseJson(Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length))
  }
}
