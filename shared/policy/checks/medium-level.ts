import { effectiveLevel, isClassified } from '#shared/vocabulary/levels.ts'
import { admission } from '../matrix.ts'
import { recognise, unlessApproved } from '../register.ts'
import type { Check } from './check.ts'

/** A registered medium where the level matrix does not have it. `admission` chooses the cells: `forbidden` (×) or
 *  `approval` (◦, without one). `involves` tells a classified side from none, for they weigh differently. */
export const mediumLevel: Check = {
  name: 'medium-level',
  judges: ['medium.connected', 'medium.mounted'],
  parameters: { admission: ['forbidden', 'approval'], involves: ['classified', 'unclassified', 'any'] },
  judge({ subject: { medium } }, known, parameters) {
    if (medium === undefined) return 'not'
    const { level } = recognise(known.media, medium)
    if (level === undefined) return 'not'
    const { involves = 'any' } = parameters
    const classified = isClassified(level) || isClassified(known.endpoint.level)
    if (involves !== 'any' && (involves === 'classified') !== classified) return 'not'
    const found = admission(level, effectiveLevel(known.endpoint))
    if (found !== parameters['admission']) return 'not'
    return found === 'approval' ? unlessApproved(known, { medium, allows: 'use' }) : 'broken'
  },
}
