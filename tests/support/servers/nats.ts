import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { clientPort, loopback, type Recipe } from './recipe.ts'

/** nats-server with JetStream; from 2.9 upward. */
export const nats: Recipe = {
  fixedPorts: [24_222],
  url: (place) => `nats://${loopback}:${clientPort(place)}`,
  prepare(place) {
    const configuration = `
      listen: "${loopback}:${clientPort(place)}"
      jetstream { store_dir: "${join(place.folder, 'data')}", max_mem: 64M, max_file: 4G }
      max_payload: 8M
    `
    writeFileSync(join(place.folder, 'nats.conf'), configuration)
  },
  commands: ({ found, folder }) => [{ executable: found, args: ['--config', join(folder, 'nats.conf')] }],
  // The greeting comes before JetStream is up; the answer to a PING does not.
  probe: { send: Buffer.from('CONNECT {"verbose":false}\r\nPING\r\n'), answer: 'PONG' },
}
