import type { Protocol, SocketState } from '../model/socket.js';

/** What a state word means for us: who listens, who talks, who is about to go. */
type Meaning = 'listen' | 'established' | 'bound' | 'passing';

const WORDS: readonly (readonly [Meaning, string])[] = [
  // In the words of RFC 9293, net-tools, BSD, Windows and ss; then translated ones (net-tools' catalogues, Windows' languages).
  [
    'listen',
    'LISTEN LISTENING ABHÖREN ABHOEREN HÖREN ESCUCHAR ESCUCHANDO ESCUCHA OUVINDO OUÇA ESCUTA ESCUTANDO ECOUTE ÉCOUTE LUISTEREN NASŁUCH NASŁUCHIWANIE SŁUCHA LYSSNAR LYTTER KUUNTELEE DINLENIYOR DİNLENİYOR DİNLİYOR POSLOUCHÁ NASLOUCHÁNÍ NASLOUCHÁ FIGYELÉS ΑΚΡΟΑΣΗ ПРОСЛУШИВАНИЕ СЛУШАЕТ СЛУШАНИЕ ПРОСЛУШИВАЕТ 侦听 偵聽 监听 監聽 待ち受け リッスン 接続待ち 수신',
  ],
  [
    'established',
    'ESTABLISHED ESTAB ESTBLSH HERGESTELLT VERBUNDEN ESTABLECIDO ESTABLECIDA CONECTADO ESTABELECIDA ESTABELECIDO ETABLIE ÉTABLIE ETABLI VERBONDEN USTANOWIONO POŁĄCZONO NAWIĄZANO NAVÁZÁNO SPOJENO STABILITO STABILITA ETABLERAD ETABLERT ETABLERET UPPRÄTTAD MUODOSTETTU KURULDU KURULU BAĞLANDI BAĞLI LÉTREJÖTT УСТАНОВЛЕНО УСТАНОВЛЕН СОЕДИНЕНО 已建立 確立 接続完了 接続確立',
  ],
  ['bound', 'BOUND IDLE CLOSED CLOSE UNCONN UNBOUND GEBUNDEN GESCHLOSSEN FERMÉ FECHADO CERRADO CHIUSO ZAMKNIĘTE'],
  [
    'passing',
    'SYN_SENT SYN_RECV SYN_RECEIVED SYN_RCVD SYN_RCVD1 FIN_WAIT FIN_WAIT1 FIN_WAIT2 FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT CLOSE_WAIT LAST_ACK CLOSING DELETE_TCB NEW_SYN_RECV WARTEND FIN_WARTEN_1 FIN_WARTEN_2 FIN_WARTEN SCHLIESSEN_WARTEN SCHLIESSEN LETZTES_ACK SYN_GESENDET SYN_EMPFANGEN ESPERA_CIERRE ESPERA TEMPO_ESPERA TIMEWAIT CLOSEWAIT FINWAIT1 FINWAIT2 SYNSENT SYNRECEIVED LASTACK',
  ],
];

let meanings: Map<string, Meaning> | null = null;

function meaningOf(word: string): Meaning | null {
  if (meanings === null) {
    meanings = new Map();
    for (const [meaning, words] of WORDS) for (const one of words.split(' ')) meanings.set(one, meaning);
  }
  const exact = meanings.get(word);
  if (exact !== undefined) return exact;
  return meanings.get(word.toUpperCase().replaceAll('-', '_').replace(/ß/g, 'SS')) ?? null;
}

/** True where the word is one of the states we know, in any language we know. */
export const isStateWord = (word: string): boolean => meaningOf(word) !== null;

/** Parts of words that mean a connection which begins or ends, in languages whose other words we do not know. */
const PASSING = /wait|fin[_-]|syn[_-]|clos|last|ack|wart|esper|attes|wacht/i;

/**
 * What a socket does, from its state word and from whether it has a peer. The word may be in any language: where it is not known,
 * a TCP socket without a peer listens and one with a peer is connected (rule 5 of the samples' manifest).
 */
export function stateOf(
  protocol: Protocol,
  word: string,
  hasPeer: boolean,
): { readonly state: SocketState; readonly established: boolean } {
  const isStream = protocol === 'tcp' || protocol === 'sctp' || protocol === 'dccp';
  if (!isStream) return { state: hasPeer ? 'connected' : 'bound', established: false };
  const meaning = word === '' ? null : meaningOf(word);
  if (meaning === 'listen') return { state: 'listen', established: false };
  if (!hasPeer) return { state: meaning === null ? 'listen' : 'bound', established: false };
  if (meaning === 'bound') return { state: 'bound', established: false };
  return { state: 'connected', established: meaning === 'established' || (meaning === null && !PASSING.test(word)) };
}
