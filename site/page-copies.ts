import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { listPages, pagesFolder, readIndex, readPage } from './pages.ts'

/**
 * Puts each page as Markdown beside its HTML, and what programs read first (https://llmstxt.org): llms.txt with a line for
 * each page, llms-full.txt with all of the tutorial, the guide and the reference.
 */
export function copyPages(outDir: string, base: string): void {
  for (const path of listPages()) {
    mkdirSync(dirname(join(outDir, path)), { recursive: true })
    copyFileSync(join(pagesFolder, path), join(outDir, path))
  }
  writeFileSync(join(outDir, 'llms.txt'), shortText(base))
  writeFileSync(join(outDir, 'llms-full.txt'), fullText())
}

function shortText(base: string): string {
  const sections = readIndex().map(({ text, pages }) => {
    const lines = pages.map(
      (page) => `- [${page.text}](${base}${page.path})${page.about === '' ? '' : `: ${page.about}`}`,
    )
    return `## ${text}\n\n${lines.join('\n')}\n`
  })
  const [, about = ''] = readPage('README.md').split('\n\n')
  return `# Holon\n\n> ${about.replaceAll('\n', ' ')}\n\nAll of it in one file: ${base}llms-full.txt\n\n${sections.join('\n')}`
}

function fullText(): string {
  const paths = readIndex().flatMap(({ pages }) => pages.map(({ path }) => path))
  const wanted = paths.filter((path) => /^(tutorial|glossary|guide|reference)\b/.test(path))
  return wanted.map((path) => `<!-- ${path} -->\n\n${readPage(path)}`).join('\n')
}
