/** What an agent says of its health, in Chinese: it speaks English itself. By the beginning of the code, the longest first. */
interface ConditionText {
  readonly what: string
  readonly todo: string
}

const known: Readonly<Record<string, ConditionText>> = {
  'coverage.media': { what: '介质探测不完整', todo: '请系统管理员检查该终端的 USB 总线及代理权限' },
  'coverage.files': { what: '文件探测不完整', todo: '请系统管理员检查该终端的监视上限及代理权限' },
  'coverage.network': { what: '网络探测不完整', todo: '请系统管理员检查该终端的网络探测权限' },
  coverage: { what: '探测不完整', todo: '请系统管理员检查该探测器' },
  'key.not-sealed': { what: '身份密钥以文件保存，未与本机硬件绑定', todo: '无需处理，本版本尚不支持绑定' },
  'journal.full': { what: '日志已满，新记录只计数', todo: '恢复与服务器的连接，或清理磁盘，或调高日志上限' },
  'journal.damaged': { what: '日志损坏，已另存，未上传的记录缺失', todo: '检查磁盘，并将损坏文件留作证据' },
  'enrol.waiting': { what: '尚未注册', todo: '核对注册令牌和服务器地址' },
  'uplink.down': { what: '与服务器的连接中断', todo: '检查网络和服务器' },
  'uplink.receipt': { what: '收到的回执签名不符', todo: '核对服务器密钥是否已更换而策略未更新' },
  'uplink.refused': { what: '上传被服务器拒收', todo: '在服务器上查看拒收记录' },
  'clock.skewed': { what: '终端时钟与服务器不一致', todo: '校准终端时钟' },
  'policy.unknown-rules': { what: '策略中有本版本不能判断的规则', todo: '升级代理，或从策略中去掉这些规则' },
  'document.refused': { what: '下发的策略或登记未被采用', todo: '核对签发密钥后重新发布' },
  'policy.expired': { what: '策略已过期，规则继续有效', todo: '恢复连接，并发布新的策略' },
  'register.expired': { what: '登记已过期，审批不再有效', todo: '恢复连接，并发布新的登记' },
}

/** Undefined where the code is not known: then its own words stand. */
export function conditionText(code: string): ConditionText | undefined {
  const longest = Object.keys(known)
    .filter((beginning) => code === beginning || code.startsWith(`${beginning}.`))
    .toSorted((a, b) => b.length - a.length)[0]
  return longest === undefined ? undefined : known[longest]
}
