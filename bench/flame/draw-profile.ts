import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'

import { type CpuProfile, type Frame, frameTreeOf } from './cpu-profile.ts'
import { flameGraph } from './flame-graph.ts'

export interface DrawOptions {
  /** Default: the file's name. */
  readonly title?: string | undefined
  /** Seconds to leave out at the beginning. */
  readonly skipS: number
  /** How many functions are listed. */
  readonly top: number
}

/** Writes the flame graph of a .cpuprofile beside it. @returns lines to print: where it is, and what takes most. */
export function drawProfile(file: string, { title, skipS, top }: DrawOptions): readonly string[] {
  const root = frameTreeOf(JSON.parse(readFileSync(file, 'utf8')) as CpuProfile, skipS * 1e6)
  if (root.totalUs === 0) return [`${file}: nothing ran`]
  const svg = flameGraph(title ?? basename(file, '.cpuprofile').replaceAll('-', ' '), root)
  const target = file.replace(/(\.cpuprofile)?$/, '.svg')
  writeFileSync(target, svg)
  return [`${target}: ${Math.round(svg.length / 1000)} kB`, ...topOf(root, top)]
}

/** The functions with most time of their own, wherever they are called. */
function topOf(root: Frame, count: number): readonly string[] {
  const own = new Map<string, number>()
  const add = (frame: Frame): void => {
    const key = `${frame.name} ${frame.place}`
    own.set(key, (own.get(key) ?? 0) + frame.ownUs)
    for (const child of frame.children.values()) add(child)
  }
  add(root)
  return [...own]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([key, us]) => `${((us / root.totalUs) * 100).toFixed(1).padStart(6)} %  ${key}`)
}
