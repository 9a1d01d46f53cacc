import { useEffect, useRef, type ReactNode } from 'react'
import { NavigationType, useLocation, useNavigationType } from 'react-router'

const shopName = 'Fern & Fable'

/** The heading of a page; names the document, and takes the focus after a navigation so that readers start there. */
export function PageTitle({ children, title }: { children: ReactNode; title?: string }) {
  const heading = useRef<HTMLHeadingElement>(null)
  const text = title ?? (typeof children === 'string' ? children : '')
  const { key } = useLocation()
  const navigation = useNavigationType()
  useEffect(() => {
    document.title = text === '' ? shopName : `${text} · ${shopName}`
  }, [text])
  useEffect(() => {
    // The first page of a visit has the key `default`: there the browser's own focus is right.
    const typing = document.activeElement instanceof HTMLInputElement
    if (key !== 'default' && navigation !== NavigationType.Pop && !typing)
      heading.current?.focus({ preventScroll: true })
  }, [key, navigation])
  return (
    <h1 ref={heading} tabIndex={-1} className="page-title">
      {children}
    </h1>
  )
}
