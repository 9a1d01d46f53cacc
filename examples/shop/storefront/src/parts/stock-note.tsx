const lowStock = 5

/** How many are left, in words; nothing while nobody knows. */
export function StockNote({ stock, quietUntilLow = false }: { stock: number | null; quietUntilLow?: boolean }) {
  if (stock === null) return null
  if (stock < 1) return quietUntilLow ? null : <span className="stock stock-none">Sold out</span>
  if (stock <= lowStock) return <span className="stock stock-low">Only {stock} left</span>
  return quietUntilLow ? null : <span className="stock stock-good">In stock</span>
}
