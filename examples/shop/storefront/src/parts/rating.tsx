const star = 'M10 1.6l2.600 5.300 5.800.850-4.200 4.100 1 5.800L10 14.900l-5.200 2.750 1-5.800-4.200-4.100 5.800-.850z'

/** Stars out of five, read out as a number. */
export function Rating({ value }: { value: number }) {
  const label = `Rated ${Number.isInteger(value) ? value : value.toFixed(1)} out of 5`
  return (
    <span className="rating">
      {[1, 2, 3, 4, 5].map((step) => (
        <svg key={step} viewBox="0 0 20 20" aria-hidden="true" data-filled={value >= step - 0.5}>
          <path d={star} />
        </svg>
      ))}
      <span className="visually-hidden">{label}</span>
    </span>
  )
}
