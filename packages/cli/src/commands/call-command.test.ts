import { ServiceError } from '@holon/contract'
import { expect, test } from 'vitest'

import { showError } from './call-command.ts'

test('a failure is shown by its name, with its data where it has some', () => {
  const shown = (data: unknown): string =>
    showError(
      new ServiceError('not_found', 'There is no such tea.', {
        failure: { name: 'unknownTea', data, origin: 'teas.brew' },
      }),
    )
  expect(shown({ tea: 'x' })).toBe('not_found: There is no such tea.\n  unknownTea {"tea":"x"}\n')
  expect(shown(undefined)).toBe('not_found: There is no such tea.\n  unknownTea\n')
})
