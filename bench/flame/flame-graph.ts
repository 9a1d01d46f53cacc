import type { Frame } from './cpu-profile.ts'

const width = 1200
const rowHeight = 17
const top = 30
/** Narrower frames are left out, with what they call: nobody could see them, and the file stays small. */
const leastWidth = 1.2
const charWidth = 6.6

const colors: Readonly<Record<Frame['kind'], string>> = {
  own: '#e8743b',
  package: '#e5b83c',
  node: '#6aa8d8',
  engine: '#9a9a9a',
}

/**
 * A flame graph as SVG: width is CPU time, callers stand above what they call. Every frame says on hovering what it is, and its
 * share. Orange: this repository; yellow: packages; blue: Node, native
 * functions, and code that was generated at run time; grey: the engine.
 */
export function flameGraph(title: string, root: Frame): string {
  const boxes: string[] = []
  let depth = 0
  const draw = (frame: Frame, x: number, row: number): void => {
    const share = frame.totalUs / root.totalUs
    const boxWidth = share * width
    if (boxWidth < leastWidth) return
    depth = Math.max(depth, row)
    boxes.push(boxOf(frame, { x, y: top + row * rowHeight, width: boxWidth, share, own: frame.ownUs / root.totalUs }))
    let left = x
    for (const child of [...frame.children.values()].toSorted((a, b) => b.totalUs - a.totalUs)) {
      draw(child, left, row + 1)
      left += (child.totalUs / root.totalUs) * width
    }
  }
  draw(root, 0, 0)
  const height = top + (depth + 1) * rowHeight + 6
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<style>text{font:11px ui-monospace,monospace;fill:#111;pointer-events:none}.t{font:600 13px system-ui,sans-serif;fill:#555}rect{stroke:#fff;stroke-width:.5}rect:hover{fill-opacity:.6}</style>
<text class="t" x="4" y="18">${escape(title)} (${(root.totalUs / 1e6).toFixed(1)} s of CPU time)</text>
${boxes.join('\n')}
</svg>
`
}

interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly share: number
  readonly own: number
}

function boxOf({ name, place, kind }: Frame, { x, y, width: boxWidth, share, own }: Box): string {
  const about = `${name}${place === '' ? '' : ` ${place}`}: ${percent(share)}, itself ${percent(own)}`
  const room = Math.floor((boxWidth - 4) / charWidth)
  const label = room < 3 ? '' : `<text x="${(x + 2).toFixed(1)}" y="${y + 12}">${escape(name.slice(0, room))}</text>`
  return `<rect x="${x.toFixed(1)}" y="${y}" width="${boxWidth.toFixed(1)}" height="${rowHeight - 1}" fill="${colors[kind]}"><title>${escape(about)}</title></rect>${label}`
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
