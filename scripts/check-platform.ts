// Promise I7, the part that lint rules cannot express: in packages, `new Date()` and `Date()` without a time read the
// machine's clock. (`Date.now`, timers, `Math.random`, sockets and the like are refused by oxlint; see lint-rules.ts.)
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { clockReads } from './clock-reads.ts'
import { isExcepted } from './exceptions.ts'
import { report } from './report.ts'
import { isTestFile, listFiles, root } from './workspaces.ts'

const paths = listFiles('packages/*/src/**/*.ts', 'packages/*/src/**/*.tsx').filter(
  (path) => !isTestFile(path) && !isExcepted('new-date', path),
)
const problems = paths.flatMap((path) =>
  clockReads(path, readFileSync(join(root, path), 'utf8')).map(
    (line) => `${path}:${line} reads the machine's clock: use platform.now(), as in new Date(platform.now())`,
  ),
)

report(problems, `${paths.length} files take the time from the Platform`)
