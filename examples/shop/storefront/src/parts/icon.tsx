const paths = {
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM16.2 16.2 21 21',
  cart: 'M3 4h2.2l2.3 11h10.2L20 7.5H6.3M9 19.5h.01M16.5 19.5h.01',
  user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5c.8-3.7 3.8-6 7.5-6s6.700 2.300 7.500 6',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  check: 'M4.500 12.500l5 5 10-11',
  arrow: 'M5 12h14M13 6l6 6-6 6',
  truck:
    'M2.500 6h11v10h-11zM13.500 10h4l3.500 3.500V16h-7.500M6.500 19a1.800 1.800 0 1 0 0-3.600 1.800 1.800 0 0 0 0 3.600ZM17 19a1.800 1.800 0 1 0 0-3.600 1.800 1.800 0 0 0 0 3.600Z',
  heart:
    'M12 20s-7.500-4.600-7.500-10A4.200 4.200 0 0 1 12 7.400 4.200 4.200 0 0 1 19.500 10c0 5.400-7.500 10-7.500 10Z',
  undo: 'M8.500 5 4.500 9l4 4M4.500 9H15a4.500 4.500 0 0 1 0 9h-4',
  trash: 'M5 7h14M10 7V4.500h4V7M6.500 7l1 12.500h9l1-12.500M10.500 11v5M13.500 11v5',
  receipt: 'M6 3.500h12v17l-3-2-3 2-3-2-3 2zM9 8.500h6M9 12.500h6',
  card: 'M3 6h18v12.500H3zM3 10h18M6.500 15h4',
  box: 'M12 3 4 7v10l8 4 8-4V7zM4 7l8 4 8-4M12 11v10',
  house: 'M4 11.500 12 4.500l8 7M6 10v9.500h12V10M10 19.500v-5.500h4v5.500',
  mail: 'M3 5.500h18v13H3zM3.500 6.500 12 13l8.500-6.500',
  warning: 'M12 4 2.800 19.500h18.400L12 4ZM12 10v4.500M12 17h.01',
} as const

export type IconName = keyof typeof paths

/** A line icon. Always decoration: the control around it carries the name. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  )
}
