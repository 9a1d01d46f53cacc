// Keeps scripts/exceptions.json honest: every line has a reason, names a file that is there, and is still needed; and
// every comment that switches a lint rule off says why (`// oxlint-disable-next-line rule -- reason`).
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { type Exception, lintExceptions, readExceptions } from './exceptions.ts'
import { report } from './report.ts'
import { listFiles, root } from './workspaces.ts'

interface Diagnostic {
  readonly code?: string
  readonly filename: string
}

/** `vitest(no-disabled-tests)` → `no-disabled-tests`. */
function ruleName(code: string): string {
  return /\(([^)]+)\)$/.exec(code)?.[1] ?? code
}

function needed(exceptions: readonly Exception[]): ReadonlySet<string> {
  const files = [...new Set(exceptions.map(({ file }) => file))].filter((file) => existsSync(join(root, file)))
  if (files.length === 0) return new Set()
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint')
  const { stdout } = spawnSync(process.execPath, [oxlint, '--format=json', ...files], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, HOLON_LINT_EXCEPTIONS: 'none' },
  })
  const { diagnostics } = JSON.parse(stdout) as { readonly diagnostics: readonly Diagnostic[] }
  return new Set(diagnostics.map(({ code = '', filename }) => `${ruleName(code)} ${filename}`))
}

function exceptionProblems(): readonly string[] {
  const used = needed(lintExceptions())
  return readExceptions().flatMap((exception) => {
    const { rule, file, reason } = exception
    const name = `exceptions.json: '${rule}' for ${file}`
    // `packages/data:pg` names a dependency of a package instead of a file.
    if (!existsSync(join(root, file.split(':')[0] ?? file))) return [`${name}: there is no such file; remove the line`]
    if (reason.trim().length < 20) return [`${name}: say in a sentence why the file may break the rule`]
    const short = rule.slice(rule.lastIndexOf('/') + 1)
    if (lintExceptions().some((one) => one.rule === rule && one.file === file) && !used.has(`${short} ${file}`)) {
      return [`${name}: nothing there breaks the rule any more; remove the line`]
    }
    return []
  })
}

function commentProblems(): readonly string[] {
  return listFiles('**/*.ts', '**/*.tsx').flatMap((path) =>
    readFileSync(join(root, path), 'utf8')
      .split('\n')
      .flatMap((line, index) => {
        const comment = /(?:\/\/|\/\*)\s*((?:ox|es)lint-disable.*)/.exec(line)?.[1]
        if (comment === undefined) return []
        const at = `${path}:${index + 1}`
        if (!/lint-disable(-next)?-line/.test(comment))
          return [`${at} switches rules off for a whole file: use exceptions.json`]
        return / -- \S.{8,}/.test(comment) ? [] : [`${at} switches a rule off without a reason: end it with \`-- why\``]
      }),
  )
}

report(
  [...exceptionProblems(), ...commentProblems()],
  `${readExceptions().length} exceptions, each with a reason and in use`,
)
