import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react'

interface Announcement {
  text: string
  serial: number
}

const AnnouncerContext = createContext<{ last: Announcement | null; announce: (text: string) => void } | null>(null)

/** Holds the latest message for visitors: shown as a toast and read out by screen readers. */
export function AnnouncerProvider({ children }: { children: ReactNode }) {
  const [last, setLast] = useState<Announcement | null>(null)
  const announce = useCallback((text: string) => setLast((before) => ({ text, serial: (before?.serial ?? 0) + 1 })), [])
  const value = useMemo(() => ({ last, announce }), [last, announce])
  return <AnnouncerContext value={value}>{children}</AnnouncerContext>
}

export function useAnnounce(): (text: string) => void {
  return useAnnouncer().announce
}

/** The toast. The live region stays in the page, so that assistive technology notices what changes in it. */
export function Announcements() {
  const { last } = useAnnouncer()
  const [hidden, setHidden] = useState(0)
  useEffect(() => {
    if (!last) return undefined
    const timer = setTimeout(() => setHidden(last.serial), 5_000)
    return () => clearTimeout(timer)
  }, [last])
  const shown = last && last.serial !== hidden
  return (
    <output className="toasts" aria-live="polite" aria-atomic="true">
      {shown && (
        <span className="toast" key={last.serial}>
          {last.text}
        </span>
      )}
    </output>
  )
}

function useAnnouncer() {
  const announcer = useContext(AnnouncerContext)
  if (!announcer) throw new Error('useAnnounce needs an AnnouncerProvider above it')
  return announcer
}
