import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { figureInfo } from '../harness/figures.ts'
import { type CellInfo, type Measurement, type SuiteName, suiteNames, type SuiteResult } from '../harness/result.ts'
import { median } from '../harness/statistics.ts'
import { completeResult } from '../harness/stored-results.ts'
import { judgeAims, type Results } from './aims.ts'
import { type Bar, barChart } from './bar-chart.ts'
import { isOwn, lossesOf } from './losses.ts'
import { references } from './references.ts'
import { mainFigure, rowsOfCell, tableOf, toMarkdown } from './table.ts'

const titles: Readonly<Record<SuiteName, string>> = {
  rpc: 'Calls',
  gateway: 'Gateway',
  app: 'A whole app',
  startup: 'Start and memory',
  shop: 'The shop',
  events: 'Events',
}

export interface Page {
  readonly text: string
  /** SVG by file name. */
  readonly charts: Readonly<Record<string, string>>
}

/** Makes the page from results; every number on it comes from them. */
export function makePage(results: Results): Page {
  const present = suiteNames.flatMap((name) => (results[name] === undefined ? [] : [results[name]]))
  const charts: Record<string, string> = {}
  for (const result of present) {
    for (const cell of result.cells) {
      const chart = chartOf(result, cell)
      if (chart !== undefined) charts[chartFile(result, cell)] = chart
    }
  }
  const parts = [
    '# Performance',
    'Generated from `bench/results` by `npm run bench -- report`; edit [the generator](../bench/report/page.ts), not this page. How the figures are made, and how to make them again: [bench/README.md](../bench/README.md). Absolute figures hold for one machine; ratios travel better.',
    ...machines(present),
    '## Aims',
    aims(results),
    'Why an aim is missed, what was tried and where the time goes (flame graphs): [performance-notes.md](performance-notes.md).',
    ...present.flatMap((result) => suiteSection(result, charts)),
    '## Where Holon loses',
    losses(present),
    '## Not measured',
    ...present.flatMap(({ suite, notMeasured }) => [`${titles[suite]}:`, bullets(notMeasured)]),
  ]
  return { text: `${parts.filter((part) => part !== '').join('\n\n')}\n`, charts }
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n')
}

function machines(results: readonly SuiteResult[]): readonly string[] {
  if (results.length === 0) return ['No complete run is stored yet.']
  const lines = results.map(({ suite, machine, startedAt, finishedAt, commit, quick, rounds, measurements }) => {
    const { cpu, cores, memoryGb, kernel, os, node, pinned } = machine
    const minutes = Math.round((Date.parse(finishedAt) - Date.parse(startedAt)) / 60_000)
    const at = `commit \`${commit.id.slice(0, 10)}\`${commit.dirty ? ' with changes' : ''}, ${startedAt.slice(0, 10)}, ${minutes} min, rounds: ${rounds}${quick ? ', **a quick run**' : ''}`
    return `${titles[suite]}: ${at}; ${cores} cores ${cpu}, ${memoryGb} GB, ${os}, ${kernel}, Node ${node}, ${pinned ? 'pinned' : '**not pinned**'}. ${calmOf(measurements)}`
  })
  return ['## Machine and commit', bullets(lines)]
}

/** How fast the machine itself was, and how often others used it: runs of different days can be compared only with that. */
function calmOf(measurements: readonly Measurement[]): string {
  const used = measurements.filter(({ superseded }) => superseded !== true)
  if (used.length === 0) return ''
  const disturbed = used.filter((one) => one.disturbed).length
  const canaryMs = median(used.map((one) => one.canaryMs))
  return `Of ${used.length} windows ${disturbed} were disturbed; the canary took ${canaryMs.toFixed(1)} ms.`
}

function aims(results: Results): string {
  const lines = judgeAims(results).map(({ what, aim, figure, verdict }) => [
    what,
    aim,
    figure,
    verdict === 'missed' ? '**missed**' : verdict,
  ])
  return toMarkdown({ head: ['what', 'aim', 'measured', 'verdict'], lines })
}

function suiteSection(result: SuiteResult, charts: Readonly<Record<string, string>>): readonly string[] {
  const { suite, method, versions, missing, cells } = result
  const versionList = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return [
    `## ${titles[suite]}`,
    bullets(method),
    `Versions: ${versionList.join(', ')}.`,
    missing.length === 0
      ? ''
      : `Missing in this run: ${missing.map((one) => `${one.variant} (${one.reason})`).join('; ')}.`,
    ...cells.flatMap((cell) => {
      const file = chartFile(result, cell)
      const chart = charts[file] === undefined ? [] : [`![${cell.title}](performance/${file})`]
      const table = tableOf(result, cell, { references: references[suite] })
      return [`### ${cell.title}`, ...chart, toMarkdown(table)]
    }),
  ]
}

function losses(results: readonly SuiteResult[]): string {
  const lines = results.flatMap((result) =>
    lossesOf(result).map(({ cell, peer, figures }) => [cell, peer, figures.join('<br>')]),
  )
  if (lines.length === 0) return 'In no figure of the stored runs.'
  return toMarkdown({ head: ['where', 'who is better', 'against the best of Holon'], lines })
}

function chartFile({ suite }: SuiteResult, cell: CellInfo): string {
  return `${suite}-${cell.name}.svg`
}

function chartOf(result: SuiteResult, cell: CellInfo): string | undefined {
  const rows = rowsOfCell(result, cell).filter(({ valid }) => valid)
  const main = mainFigure(rows)
  if (main === undefined) return undefined
  const { title, better, print } = figureInfo(main)
  const bars = rows.flatMap(({ variant, figures }): Bar[] => {
    const summary = figures[main]
    if (summary === undefined) return []
    const { median, min, max } = summary
    const label = result.variants.find(({ name }) => name === variant)?.title ?? variant
    return [{ label, value: median, text: print(median), range: [min, max], own: isOwn(variant) }]
  })
  return barChart(cell.title, `${title}, ${better} is better`, bars)
}

const docs = join(import.meta.dirname, '../../docs')

/** Writes docs/performance.md and its charts from the last complete results. @returns what was written. */
export function writePage(): readonly string[] {
  const results: Results = Object.fromEntries(
    suiteNames.flatMap((name) => {
      const result = completeResult(name)
      return result === undefined ? [] : [[name, result]]
    }),
  )
  const { text, charts } = makePage(results)
  const folder = join(docs, 'performance')
  mkdirSync(folder, { recursive: true })
  for (const old of readdirSync(folder)) if (old.endsWith('.svg') && !(old in charts)) rmSync(join(folder, old))
  for (const [name, svg] of Object.entries(charts)) writeFileSync(join(folder, name), svg)
  writeFileSync(join(docs, 'performance.md'), text)
  return ['docs/performance.md', ...Object.keys(charts).map((name) => `docs/performance/${name}`)]
}
