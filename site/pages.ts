import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The pages of the site are the files of the repository. */
export const pagesFolder: string = join(import.meta.dirname, '../docs')

export interface PageLink {
  readonly text: string
  /** From the folder of pages: `guide/events.md`. */
  readonly path: string
  /** What the index says of it. */
  readonly about: string
}

export interface Section {
  readonly text: string
  readonly pages: readonly PageLink[]
}

/** The sections of the index, which is the one list of pages in reading order. */
export function readIndex(): readonly Section[] {
  const [, ...sections] = readPage('README.md').split(/^## /m)
  return sections.map((section) => ({
    text: section.slice(0, section.indexOf('\n')),
    pages: [...section.matchAll(/^- \[([^\]]+)\]\(([^)]+)\)(?:: (.*))?$/gm)].map(
      ([, text = '', path = '', about = '']) => ({
        text,
        path,
        about,
      }),
    ),
  }))
}

export function readPage(path: string): string {
  return readFileSync(join(pagesFolder, path), 'utf8')
}

/** Every page there is, sorted. */
export function listPages(): readonly string[] {
  return globSync('**/*.md', { cwd: pagesFolder })
    .map((path) => path.replaceAll('\\', '/'))
    .toSorted()
}

interface SidebarItem {
  text: string
  link?: string
  items?: SidebarItem[]
}

/** The sidebar: the index, and the records of decisions where one reads them. */
export function navigation(): Record<string, SidebarItem[]> {
  const sections = readIndex()
  const named = new Set(['README.md', ...sections.flatMap(({ pages }) => pages.map(({ path }) => path))])
  const records = listPages().filter((path) => /^decisions\/\d/.test(path))
  const forgotten = listPages().filter((path) => !named.has(path) && !records.includes(path))
  if (forgotten.length > 0)
    throw new Error(`docs/README.md does not name ${forgotten.join(', ')}: add it where it is read.`)
  const items = sections.map(({ text, pages }) => ({
    text,
    items: pages.map((page) => ({ text: page.text, link: `/${page.path.replace('README.md', '')}` })),
  }))
  const decisions = records.map((path) => ({ text: titleOf(readPage(path)), link: `/${path}` }))
  return {
    '/': items,
    '/decisions/': [
      { text: 'All pages', link: '/' },
      { text: 'Decisions', link: '/decisions/', items: decisions },
    ],
  }
}

function titleOf(page: string): string {
  return (/^# (.*)$/m.exec(page)?.[1] ?? '').replaceAll('`', '')
}
