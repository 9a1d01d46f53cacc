import { expect, it } from 'vitest'

import type { Host } from '../host.ts'
import { assignedOptions } from './assigned-options.ts'

const assignment = { instance: 'web-1-a', replica: 'web-1', group: 'web', services: ['gateway', 'web'] }

function read(text: string, environment: Host['environment'] = { HOLON_INSTANCE: JSON.stringify(assignment) }) {
  return assignedOptions({ arguments: text.split(' '), environment })
}

it('an instance reads what its supervisor has written, and nothing else', () => {
  expect(
    read('run --group web --services gateway,web --config /app/holon.config.ts --host ::1 --reuse-port'),
  ).toStrictEqual({ assignment, config: '/app/holon.config.ts', host: '::1', reusePort: true })
  expect(read('run --group web --services web')).toStrictEqual({ assignment, host: '0.0.0.0', reusePort: false })
  expect(() => read('run --group web --unknown')).toThrow('--unknown')
})

it('without a supervisor, and for other commands, the command line is read', () => {
  expect(read('run --group web', {})).toBeUndefined()
  expect(read('call web.get')).toBeUndefined()
})
