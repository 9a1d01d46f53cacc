import type { Finding } from './audit.ts'
import type { CrowdReport } from './crowd.ts'

const shownSentences = 10

export function formatCrowd({ outcomes, failures, requests, retries, seconds }: CrowdReport): string {
  const rows = [
    ...Object.entries(outcomes).map(([outcome, count]) => [outcome, String(count)]),
    ['could not finish', String(failures.length)],
    ['requests', `${requests} (${Math.round(requests / seconds)}/s), ${retries} of them repeated`],
  ]
  return [formatTable(['customers', ''], rows), ...indent(failures)].join('\n')
}

export function formatFindings(findings: readonly Finding[]): string {
  const rows = findings.map(({ invariant, checked, broken }) => [
    broken.length === 0 ? '✓' : '✗',
    invariant,
    String(checked),
    String(broken.length),
  ])
  return [
    formatTable(['', 'audit', 'checked', 'broken'], rows),
    ...indent(findings.flatMap(({ broken }) => broken)),
  ].join('\n')
}

function indent(sentences: readonly string[]): string[] {
  const more = sentences.length - shownSentences
  return [...sentences.slice(0, shownSentences), ...(more > 0 ? [`… and ${more} more`] : [])].map((line) => `  ${line}`)
}

function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n')
}
