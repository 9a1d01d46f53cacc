import { dirname, join, normalize } from 'node:path'

import type { Page } from './markdown.ts'

export interface LinkWorld {
  /** Every page by its path from the root. */
  readonly pages: ReadonlyMap<string, Page>
  /** Whether a file or folder is there, by its path from the root. */
  readonly exists: (path: string) => boolean
  /** The folders at the root: an inline code span that begins with one is taken for a path. */
  readonly folders: readonly string[]
}

/** Links, anchors and paths of one page that lead nowhere. Links to other sites are not followed. */
export function linkProblems(path: string, world: LinkWorld): readonly string[] {
  const page = world.pages.get(path)
  if (page === undefined) return []
  const links = page.links.flatMap(({ target, line }) => {
    const problem = /^[a-z][a-z+.-]*:/i.test(target) ? undefined : linkProblem(path, target, world)
    return problem === undefined ? [] : [`${path}:${line} ${problem}`]
  })
  const paths = page.spans
    .filter(({ target }) => looksLikePath(target, world.folders) && !world.exists(target.replace(/[:#].*$/, '')))
    .map(({ target, line }) => `${path}:${line} names \`${target}\`, which is not there`)
  return [...links, ...paths]
}

function linkProblem(from: string, target: string, { pages, exists }: LinkWorld): string | undefined {
  const [file = '', anchor] = target.split('#')
  const to = file === '' ? from : normalize(join(dirname(from), decodeURI(file))).replaceAll('\\', '/')
  if (to.startsWith('..')) return `links to ${target}, which is outside the repository`
  if (!exists(to)) return `links to ${target}, which is not there`
  const page = pages.get(to)
  if (anchor === undefined || page === undefined || page.anchors.has(anchor)) return undefined
  return `links to ${target}, but ${to} has no heading #${anchor}`
}

/** `packages/rpc/src/client.ts` or `scripts/`, but not `packages/<name>`, `tests/*` or `docs/… and more`. */
function looksLikePath(span: string, folders: readonly string[]): boolean {
  return /^[\w.@/-]+([:#][\w-]+)?$/.test(span) && span.includes('/') && folders.includes(span.split('/')[0] ?? '')
}
