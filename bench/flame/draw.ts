// Draws .cpuprofile files (of `npm run bench -- … --profile`, or of node --cpu-prof) as flame graphs beside them, and
// prints what takes most: node bench/flame/draw.ts [--title 'Server, 64 in flight'] [--skip SECONDS] [--top N] FILE…
import { parseArgs } from 'node:util'

import { drawProfile } from './draw-profile.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    title: { type: 'string' },
    skip: { type: 'string', default: '1' },
    top: { type: 'string', default: '30' },
  },
})
for (const file of positionals) {
  const options = { title: values.title, skipS: Number(values.skip), top: Number(values.top) }
  console.log(`\n${drawProfile(file, options).join('\n')}`)
}
