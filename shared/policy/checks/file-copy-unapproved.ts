import { unlessApproved } from '../register.ts'
import type { Check } from './check.ts'

/** A file that came to rest on a medium, or part of one, without an approval that allows copying. */
export const fileCopyUnapproved: Check = {
  name: 'file-copy-unapproved',
  judges: ['file.copied', 'file.copy-interrupted'],
  judge: ({ subject: { medium } }, known) =>
    medium === undefined ? 'not' : unlessApproved(known, { medium, allows: 'copy' }),
}
