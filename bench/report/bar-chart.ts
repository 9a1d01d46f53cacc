export interface Bar {
  readonly label: string
  readonly value: number
  readonly text: string
  /** Lowest and highest round. */
  readonly range: readonly [number, number]
  readonly own: boolean
}

const width = 860
const labelWidth = 300
const barHeight = 18
const gap = 6
const top = 44

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** Horizontal bars from 0, with the spread of the rounds as a line; Holon's own stand out. Readable on light and dark. */
export function barChart(title: string, unit: string, bars: readonly Bar[]): string {
  const height = top + bars.length * (barHeight + gap) + 8
  const room = width - labelWidth - 150
  const most = Math.max(...bars.flatMap(({ value, range }) => [value, range[1]]), Number.MIN_VALUE)
  const x = (value: number): string => (labelWidth + (value / most) * room).toFixed(1)
  const rows = bars.map(({ label, value, text, range, own }, index) => {
    const y = top + index * (barHeight + gap)
    const middle = y + barHeight / 2
    const kind = own ? 'own' : 'peer'
    return [
      `<text class="label ${kind}" x="${labelWidth - 8}" y="${middle + 4}" text-anchor="end">${escape(label)}</text>`,
      `<rect class="${kind}" x="${labelWidth}" y="${y}" width="${Math.max(1, (value / most) * room).toFixed(1)}" height="${barHeight}" rx="2"/>`,
      `<line class="range" x1="${x(range[0])}" x2="${x(range[1])}" y1="${middle}" y2="${middle}"/>`,
      `<text class="value" x="${(Number(x(Math.max(value, range[1]))) + 6).toFixed(1)}" y="${middle + 4}">${escape(text)}</text>`,
    ].join('\n  ')
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(title)}">
<style>
  text { font: 12px system-ui, sans-serif; fill: #333 }
  .title { font-size: 14px; font-weight: 600 }
  .own { font-weight: 600 }
  rect.own { fill: #1f7a5c }
  rect.peer { fill: #9db4c0 }
  .range { stroke: #222; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #ddd }
    rect.own { fill: #34b58a }
    rect.peer { fill: #5c7482 }
    .range { stroke: #eee }
  }
</style>
  <text class="title" x="0" y="18">${escape(title)}</text>
  <text x="0" y="34">${escape(unit)}; the thin line spans all rounds</text>
  ${rows.join('\n  ')}
</svg>
`
}
