/** Draws every picture of the catalogue anew: `node examples/shop/catalog-data/generate-pictures.ts`. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'

import { drawCategory, drawProduct } from './pictures/picture.ts'

interface StoredProduct {
  id: string
  category: string
  tags: string[]
}

const here = (name: string): URL => new URL(name, import.meta.url)

async function read(name: string): Promise<unknown> {
  return JSON.parse(await readFile(here(name), 'utf8'))
}

// Both files stand beside this one and have this form.
const products = (await read('products.json')) as StoredProduct[]
const categories = (await read('categories.json')) as { id: string }[] // see above
await mkdir(here('images/'), { recursive: true })

const drawn = new Map<string, number>()
for (const product of products) {
  const kind = product.tags[0] ?? ''
  const nth = drawn.get(kind) ?? 0
  drawn.set(kind, nth + 1)
  await writeFile(here(`images/${product.id}.svg`), drawProduct(product, nth))
}

/** What stands for a category: the tags of the thing in the middle, of the one on the left and of the one on the right. */
const emblems: Record<string, readonly string[]> = {
  kitchen: ['kettle', 'mug', 'board'],
  home: ['lamp', 'cushion', 'vase'],
  garden: ['watering-can', 'plant-pot', 'birdhouse'],
  office: ['desk-lamp', 'notebook', 'pencils'],
  outdoor: ['tent', 'backpack', 'flask'],
  sports: ['basketball', 'kettlebell', 'sport-bottle'],
  toys: ['teddy', 'blocks', 'train'],
  books: ['novel', 'cookbook', 'gardening'],
  electronics: ['headphones', 'speaker', 'keyboard'],
  pets: ['pet-bed', 'pet-bowl', 'bone'],
  bath: ['dispenser', 'towel', 'soap'],
  tools: ['toolbox', 'hammer', 'drill'],
}

for (const { id } of categories) {
  const ofCategory = products.filter((product) => product.category === id)
  const chosen = (emblems[id] ?? []).flatMap((tag) => ofCategory.find((product) => product.tags.includes(tag)) ?? [])
  await writeFile(here(`images/category-${id}.svg`), drawCategory(chosen))
}
