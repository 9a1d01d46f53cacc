#!/usr/bin/env node
// `npm create holon`. Plain JavaScript that an old Node can parse, so that it can say what is wrong.
import process from 'node:process'

const needed = { major: 22, minor: 18 }
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major > needed.major || (major === needed.major && minor >= needed.minor)) {
  const { runProcess } = await import('create-holon/command')
  runProcess()
} else {
  process.stderr.write(
    `Holon needs Node ${needed.major}.${needed.minor} or later; this is ${process.versions.node} (${process.execPath}).\n`,
  )
  process.exitCode = 1
}
