/** 中文 | English */
import { Button } from 'antd'
import { en } from '../text/en.ts'
import { zh } from '../text/zh.ts'
import { useSpeech } from './language.tsx'

export function LanguageSwitch() {
  const { language, speak } = useSpeech()
  const other = language === 'zh' ? 'en' : 'zh'
  return (
    <Button
      className="language"
      type="text"
      size="small"
      lang={other === 'zh' ? 'zh-CN' : 'en'}
      onClick={() => speak(other)}
    >
      {(other === 'zh' ? zh : en).language}
    </Button>
  )
}
