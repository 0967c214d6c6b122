/** Whether the page is on its way to paper: then what is folded on a screen has to be there whole. */
import { useEffect, useState } from 'react'
import { flushSync } from 'react-dom'

export function usePrinting(): boolean {
  const [isPrinting, setPrinting] = useState(() => matchMedia('print').matches)
  useEffect(() => {
    const paper = matchMedia('print')
    // At once: the browser takes the page as it is when these return.
    const tell = (now: boolean): void => flushSync(() => setPrinting(now))
    const change = (): void => tell(paper.matches)
    const begin = (): void => tell(true)
    paper.addEventListener('change', change)
    addEventListener('beforeprint', begin)
    addEventListener('afterprint', change)
    return () => {
      paper.removeEventListener('change', change)
      removeEventListener('beforeprint', begin)
      removeEventListener('afterprint', change)
    }
  }, [])
  return isPrinting
}
