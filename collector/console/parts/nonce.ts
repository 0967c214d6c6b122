/** The collector lets in only styles that carry the page's nonce. antd writes styles as they are needed and gives them the
 *  nonce that one tells it; its measuring and scroll locking (@rc-component/util, portal) write some without. */

/** Call it once, before anything is drawn: every style element that the page makes carries its nonce. */
export function styleWithNonce(page: Document): void {
  const nonce = page.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
  const make = page.createElement.bind(page)
  const value = (name: string, options?: ElementCreationOptions): HTMLElement => {
    const element = make(name, options)
    if (name === 'style') element.nonce = nonce
    return element
  }
  Object.defineProperty(page, 'createElement', { value })
}
