import type { Brush, Motif, Motifs } from './brush.ts'

// A cover shows what the book is about; the second tag of the product says so.
const covers: Record<string, (b: Brush) => string[]> = {
  cookbook: (b) => [b.circle(104, 112, 28, 'w'), b.circle(104, 112, 19, 'a'), b.line('M66 88v50M62 88v14h8V88M142 88v50', 'l', 4)],
  gardening: (b) => [b.shape('M104 140c-30-6-32-34-26-48 20 6 28 24 26 48zM104 140c30-6 32-34 26-48-20 6-28 24-26 48z', 'n'), b.line('M104 144v-30', 'l', 4)],
  nature: (b) => [b.shape('M104 78l30 46H74z', 'n'), b.shape('M104 98l36 42H68z', 'N'), b.rect([100, 138, 8, 12], 0, 'O'), b.circle(132, 82, 9, 'v')],
  crafts: (b) => [b.line('M68 134c20-50 30 30 50-10s20 0 24-20', 'w', 4), b.line('M66 96l76 44', 'y', 4), b.circle(68, 97, 4, 'k')],
  art: (b) => [b.circle(92, 104, 20, 'r'), b.rect([94, 106, 40, 38], 0, 'v'), b.shape('M78 146l26-42 26 42z', 'b')],
  interiors: (b) => [b.rect([68, 84, 34, 34], 0, 'l'), b.rect([106, 84, 34, 34], 0, 'a'), b.rect([68, 122, 34, 24], 0, 'v'), b.rect([106, 122, 34, 24], 0, 'w')],
  design: (b) => [b.line('M84 84v60M84 114h40v30M84 90c10 6 10 18 2 24', 'w', 7)],
  travel: (b) => [b.shape('M60 132c24-24 36-2 50-20s26-8 38-12v48H60z', 'l'), b.circle(128, 92, 13, 'v'), b.line('M62 142h84M66 148l6-10M86 148l4-10M106 148l4-10M126 148l4-10', 'k', 2)],
  novel: (b) => [b.circle(118, 98, 16, 't'), b.line('M60 128c12-10 22 8 34 0s22 8 34 0 14 4 20 0M60 142c12-10 22 8 34 0s22 8 34 0 14 4 20 0', 'l', 5), b.shape('M76 120l6-22 18 22z', 'w')],
  stories: (b) => [b.shape('M112 84a30 30 0 1 0 22 50 26 26 0 0 1-22-50z', 'v'), b.circle(76, 90, 3, 'w'), b.circle(84, 132, 2, 'w'), b.circle(136, 104, 3, 'w')],
  'picture book': (b) => [b.oval([104, 116, 28, 32], 'O'), b.circle(93, 104, 12, 'w'), b.circle(115, 104, 12, 'w'), b.circle(93, 104, 5, 'k'), b.circle(115, 104, 5, 'k'), b.shape('M99 114h10l-5 9z', 'v')],
  children: (b) => [b.circle(104, 114, 24, 'v'), b.line('M68 126c20 14 60-4 72-28', 'w', 5), b.circle(76, 88, 3, 'w'), b.circle(136, 138, 3, 'w'), b.circle(98, 106, 5, 'h')],
  computing: (b) => [b.line('M82 100h44M82 100l22 36M126 100l-22 36', 'l', 3), b.circle(82, 100, 12, 'w'), b.circle(126, 100, 12, 'a'), b.circle(104, 136, 12, 'v')],
  health: (b) => [b.shape('M64 112h80v30H64z', 'w'), b.rect([68, 100, 34, 20], 8, 'l'), b.line('M60 146V92M148 146v-30', 'O', 5), b.line('M118 84h12l-12 12h12', 'v', 3)],
}

/** A standing book with the cover of its subject. */
export function bookAbout(subject: string): Motif {
  const cover = covers[subject] ?? (() => [])
  return (b, nth) => {
    const v = nth % 3
    return [
    b.shape('M150 46l12 6v110l-12-4z', 't'),
    b.line('M154 52v106M158 54v106', 'z', 1),
    b.rect([46, 40, 106, 120], 4, 'm'),
    b.rect([46, 40, 13, 120], 4, 'd'),
    ...(v === 1 ? [b.rect([60, 76, 91, 80], 2, 'd')] : []),
    ...(v === 2 ? [b.rect([66, 46, 80, 108], 2, 'z')] : []),
    b.line('M72 54h64', 'w', 6),
    b.line('M72 66h40', 'h', 4),
    ...cover(b),
    b.line('M50 46v108', 'h', 2),
  ]
  }
}

export const books: Motifs = { book: bookAbout('novel') }
