import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import type { Page, Snippet } from './markdown.ts'
import { checkTypes } from './type-projects.ts'
import { root } from './workspaces.ts'

/** Below node_modules, so that snippets resolve packages as a user's files do and nothing tracks them. */
const folder = join(root, 'node_modules/.cache/holon-snippets')

const ignoreReason = /\bignore: \S.{8,}/

/**
 * Type-checks the `ts` snippets of all pages. A snippet whose first line is `// path/to/file.ts` becomes that file, and
 * the snippets of one page may import each other by those paths.
 */
export async function typeProblems(pages: ReadonlyMap<string, Page>): Promise<readonly string[]> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const written = [...pages].flatMap(([path, page]) => writeSnippets(path, page))
  if (written.length === 0) return []
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
  const { problems } = await checkTypes(join(folder, 'tsconfig.json'))
  return problems.map((problem) => locate(problem, written))
}

const tsconfig = {
  extends: join(root, 'tsconfig.base.json'),
  compilerOptions: { types: ['node'], jsx: 'react-jsx', noUnusedLocals: false, noUnusedParameters: false },
  include: ['**/*'],
}

interface Written {
  readonly file: string
  readonly page: string
  readonly line: number
}

function writeSnippets(page: string, { snippets }: Page): readonly Written[] {
  return snippets.flatMap((snippet, index) => {
    if (!/^tsx?\b/.test(snippet.info) || snippet.info.includes('ignore')) return []
    const named = /^\/\/ ([\w./-]+\.tsx?)\b/.exec(snippet.code)?.[1]
    const name = named ?? `snippet-${index + 1}.${snippet.info.startsWith('tsx') ? 'tsx' : 'ts'}`
    const file = join(page.replaceAll('/', '_').replace(/\.md$/, ''), name)
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    // `export {}` makes a module of a snippet without imports, so that two of them do not share their names.
    writeFileSync(join(folder, file), `${snippet.code}\nexport {}\n`)
    return [{ file, page, line: snippet.line }]
  })
}

/** tsc's place in the extracted file → the place in the page. */
function locate(problem: string, written: readonly Written[]): string {
  const match = /holon-snippets\/(.+?)\((\d+),\d+\): (.*)$/.exec(problem)
  const snippet = written.find(({ file }) => file === match?.[1])
  if (match === null || snippet === undefined) return problem
  return `${snippet.page}:${snippet.line + Number(match[2]) - 1} ${match[3]}`
}

/** Problems of the snippets that are not TypeScript: JSON that does not parse, shell with bad syntax or unknown scripts. */
export function lightProblems(path: string, { snippets }: Page, npmScripts: readonly string[]): readonly string[] {
  return snippets.flatMap((snippet) => {
    const problem = snippet.info.includes('ignore') ? ignoreProblem(snippet) : snippetProblem(snippet, npmScripts)
    return problem === undefined ? [] : [`${path}:${snippet.line} ${problem}`]
  })
}

function ignoreProblem({ info }: Snippet): string | undefined {
  return ignoreReason.test(info) ? undefined : 'ignores a snippet without a reason: write `ts ignore: why`'
}

function snippetProblem({ info, code }: Snippet, npmScripts: readonly string[]): string | undefined {
  if (info === 'json') return jsonProblem(code)
  if (info !== 'sh' && info !== 'bash') return undefined
  const unknown = [...code.matchAll(/\bnpm run ([\w:-]+)(?![^\n]* -w )/g)].find(
    ([, name = '']) => !npmScripts.includes(name),
  )
  return unknown === undefined ? shellProblem(code) : `says npm run ${unknown[1]}, which package.json does not have`
}

function jsonProblem(code: string): string | undefined {
  try {
    JSON.parse(code)
    return undefined
  } catch (error) {
    return `is not JSON: ${String(error)}`
  }
}

function shellProblem(code: string): string | undefined {
  try {
    execFileSync('bash', ['-n'], { input: code, stdio: ['pipe', 'ignore', 'pipe'] })
    return undefined
  } catch (error) {
    return `is not valid shell: ${String((error as { stderr?: Buffer }).stderr)}`
  }
}
