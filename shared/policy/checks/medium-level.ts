import { effectiveLevel, isClassified } from '#shared/vocabulary/levels.ts'
import { admission } from '../matrix.ts'
import { approvalFor, recognise } from '../register.ts'
import type { Check } from './check.ts'

/** A registered medium where the level matrix does not have it. `admission` chooses the cells: `forbidden` (×) or
 *  `approval` (◦, without one). `involves` tells a classified side from none, for they weigh differently. */
export const mediumLevel: Check = {
  name: 'medium-level',
  judges: ['medium.connected', 'medium.mounted'],
  parameters: { admission: ['forbidden', 'approval'], involves: ['classified', 'unclassified', 'any'] },
  broken({ subject: { medium } }, { endpoint, register, trusted }, parameters) {
    if (medium === undefined) return false
    const { level } = recognise(register, medium)
    if (level === undefined) return false
    const where = effectiveLevel(endpoint)
    const { involves = 'any' } = parameters
    const classified = isClassified(level) || isClassified(endpoint.level)
    if (involves !== 'any' && (involves === 'classified') !== classified) return false
    const found = admission(level, where)
    if (found === 'approval' && approvalFor(register, { medium, allows: 'use', trusted }) !== undefined) return false
    return found === parameters['admission']
  },
}
