/** The parts of an incident that row and details show alike: which machine, what medium or network, what left, which clause. */
import { ApiOutlined, UsbOutlined } from '@ant-design/icons'
import {
  interfaceType,
  routeInWords,
  mediumStatusWords,
  networkKindWords,
  outcomeWords,
} from '#shared/vocabulary/labels.ts'
import type { IncidentView } from '../shapes.ts'
import { useSpeech } from './language.tsx'
import { LevelMark, Mark } from './marks.tsx'
import { size } from './moment.ts'
import { Name } from './name.tsx'
import { baseName } from './visible.ts'

type Medium = NonNullable<IncidentView['medium']>
type FileLeft = NonNullable<IncidentView['files']>['first'][number]
type Network = NonNullable<IncidentView['network']>

export function Machine({ endpoint }: { endpoint: IncidentView['endpoint'] }) {
  const { t, say } = useSpeech()
  return (
    <>
      <div className="line">
        <strong>
          <Name value={endpoint.name} max={24} />
        </strong>
        <LevelMark level={endpoint.level} />
        <span className="quiet">{say(networkKindWords[endpoint.networkKind])}</span>
      </div>
      <div className="line">
        <Name value={endpoint.department} max={20} />
        <span className="quiet">
          {endpoint.responsible === undefined ? (
            t.feed.noResponsible
          ) : (
            <>
              {t.feed.responsible} <Name value={endpoint.responsible} max={16} />
            </>
          )}
        </span>
      </div>
    </>
  )
}

/** What it calls itself: maker and model. */
export const makerOf = ({ vendor, product, vid, pid }: Medium): string =>
  [vendor, product].filter((part) => part !== undefined).join(' ') || [vid, pid].filter(Boolean).join(':')

export function MediumMark({ medium: { status, level } }: { medium: Medium }) {
  const { say } = useSpeech()
  return (
    <>
      <Mark tone={status === 'registered' ? 'good' : 'warn'}>{say(mediumStatusWords[status])}</Mark>
      {level && <LevelMark level={level} />}
    </>
  )
}

export function MediumLines({ medium }: { medium: Medium }) {
  const { t } = useSpeech()
  const serial = medium.usbSerial ?? medium.diskSerial
  return (
    <>
      <div className="line">
        <UsbOutlined aria-hidden />
        <strong>{!medium.label ? t.feed.noLabel : <Name value={medium.label} max={24} />}</strong>
        <MediumMark medium={medium} />
      </div>
      <div className="line quiet">
        {makerOf(medium) && <Name value={makerOf(medium)} max={32} />}
        {medium.sizeBytes !== undefined && <span>{size(medium.sizeBytes)}</span>}
      </div>
      <div className="line quiet">
        {serial === undefined ? (
          t.feed.noSerial
        ) : (
          <span>
            {t.feed.serial} <Name value={serial} max={24} />
          </span>
        )}
      </div>
    </>
  )
}

export function InterfaceType({ type }: { type: string }) {
  const { language } = useSpeech()
  return (
    <span className="quiet">
      <Name value={interfaceType(type, language)} max={16} />
    </span>
  )
}

export function InterfaceLines({ network: { interface: link } }: { network: Network }) {
  const { t } = useSpeech()
  return (
    <>
      <div className="line">
        <ApiOutlined aria-hidden />
        <strong>
          <Name value={link.name} max={24} />
        </strong>
        <InterfaceType type={link.type} />
      </div>
      {link.mac !== undefined && (
        <div className="line quiet">
          {t.feed.mac} {link.mac}
        </div>
      )}
    </>
  )
}

export function FileLine({ file: { path, outcome, sizeBytes }, max = 26 }: { file: FileLeft; max?: number }) {
  const { say } = useSpeech()
  return (
    <div className="line file">
      <span className={`outcome cap outcome-${outcome}`}>{say(outcomeWords[outcome])}</span>
      <Name value={baseName(path)} whole={path} max={max} />
      {sizeBytes !== undefined && <span className="quiet">{size(sizeBytes)}</span>}
    </div>
  )
}

/** A route is said in words; an address stands for itself. */
export function BrokenLine({ broke: { what, text, gone } }: { broke: Network['broke'][number] }) {
  const { t, language } = useSpeech()
  return (
    <div className="line">
      <span className="quiet">{t.feed[what]}</span>
      <Name value={what === 'route' ? routeInWords(text, language) : text} max={80} />
      {gone && <Mark tone="quiet">{t.feed.gone}</Mark>}
    </div>
  )
}
