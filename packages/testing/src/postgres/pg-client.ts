import { loadOptional } from '@holon/contract/optional-package'
import type * as Pg from 'pg'

/** The client that databases of tests are made with. */
export const pg: typeof Pg = await loadOptional(() => import('pg'), {
  part: 'A test with PostgreSQL',
  packages: ['pg'],
  resolve: (name) => import.meta.resolve(name),
})
