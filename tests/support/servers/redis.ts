import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { clientPort, loopback, type Recipe } from './recipe.ts'

/** redis-server with an append-only file, as a queue needs it. */
export const redis: Recipe = {
  fixedPorts: [26_379],
  url: (place) => `redis://${loopback}:${clientPort(place)}`,
  prepare(place) {
    mkdirSync(join(place.folder, 'data'), { recursive: true })
  },
  commands: (place) => [
    {
      executable: place.found,
      args: ['--bind', loopback, '--port', String(clientPort(place)), '--dir', join(place.folder, 'data')].concat([
        '--appendonly',
        'yes',
        '--appendfsync',
        'everysec',
        '--save',
        '',
        '--maxmemory',
        '256mb',
      ]),
    },
  ],
  probe: { send: Buffer.from('PING\r\n'), answer: '+PONG' },
}
