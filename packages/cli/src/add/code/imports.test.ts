import { expect, test } from 'vitest'

import { addImport, importPath, type Wanted } from './imports.ts'
import { parseSource } from './source.ts'

const added = (text: string, wanted: Wanted): string =>
  addImport(parseSource('/app/services/mail/service.ts', text), wanted).source.text

test.each([
  ['nothing, where it is there', "import { a } from 'm'\n", { name: 'a', from: 'm' }, "import { a } from 'm'\n"],
  [
    'a name in order',
    "import { a, type B, d } from 'm'\n",
    { name: 'c', from: 'm' },
    "import { a, type B, c, d } from 'm'\n",
  ],
  ['a name at the end', "import { a } from 'm'\n", { name: 'c', from: 'm' }, "import { a, c } from 'm'\n"],
  [
    'a line to lines',
    "import {\n  a,\n  b,\n} from 'm'\n",
    { name: 'c', from: 'm' },
    "import {\n  a,\n  b,\n  c,\n} from 'm'\n",
  ],
  [
    'a value where its type was enough',
    "import { type a } from 'm'\n",
    { name: 'a', from: 'm' },
    "import { a } from 'm'\n",
  ],
  ['a type', 'x()\n', { name: 'A', from: 'm', type: true }, "import type { A } from 'm'\n\nx()\n"],
  [
    'a package before what is the project’s',
    "import { b } from './b.ts'\n",
    { name: 'z', from: 'zod' },
    "import { z } from 'zod'\n\nimport { b } from './b.ts'\n",
  ],
  [
    'a package in order',
    "import { h } from 'holon'\n",
    { name: 'z', from: 'zod' },
    "import { h } from 'holon'\nimport { z } from 'zod'\n",
  ],
  [
    'the project’s after packages',
    "import { h } from 'holon'\n\nx()\n",
    { name: 'b', from: './b.ts' },
    "import { h } from 'holon'\n\nimport { b } from './b.ts'\n\nx()\n",
  ],
  [
    'what is farther away first',
    "import { b } from './b.ts'\n",
    { name: 'o', from: '../o/c.ts' },
    "import { o } from '../o/c.ts'\nimport { b } from './b.ts'\n",
  ],
  [
    'in the quotes and ends of the file',
    'import { h } from "holon";\n',
    { name: 'z', from: 'zod' },
    'import { h } from "holon";\nimport { z } from "zod";\n',
  ],
  [
    'below the comment that opens the file',
    '// The app.\nx()\n',
    { name: 'h', from: 'holon' },
    "// The app.\nimport { h } from 'holon'\n\nx()\n",
  ],
] as const)('an import adds %s', (_what, before, wanted, after) => {
  expect(added(before, wanted)).toBe(after)
})

test('a name that the file has for something else gets another', () => {
  const source = parseSource('/app/s.ts', 'export const orders = 1\n')
  const imported = addImport(source, { name: 'orders', from: '../orders/contract.ts' })
  expect(imported.local).toBe('ordersContract')
  expect(imported.source.text).toContain("import { orders as ordersContract } from '../orders/contract.ts'")
  expect(addImport(imported.source, { name: 'orders', from: '../orders/contract.ts' }).local).toBe('ordersContract')
})

test('where only types are imported and a value is needed, it is said', () => {
  expect(() => added("import type { a } from 'm'\n", { name: 'a', from: 'm' })).toThrow(/write `import` there/)
})

test('paths are written as they are imported', () => {
  expect(importPath('/app/holon.config.ts', '/app/services/a/contract.ts')).toBe('./services/a/contract.ts')
  expect(importPath('/app/services/b/service.ts', '/app/services/a/contract.ts')).toBe('../a/contract.ts')
})
