"""Italian texts: Italian is the language of most owners of these thermostats."""

from __future__ import annotations

from typing import Final

from smarther.domain.account.legrand_answers import Reason
from smarther.domain.keeper.incidents import Cause
from smarther.domain.readings.home import Load
from smarther.domain.summaries.series import Grain
from smarther.drawing.words.language import Ending, Language, Told

_AGAIN: Final = "Esegui `smarther authorize` per avere un nuovo link e aprilo entro dieci minuti."
_IN_HALF_AN_HOUR: Final = "Tra mezz’ora controlla con `smarther status`."

ITALIAN: Final = Language(
    tag="it",
    decimal_mark=",",
    thousands_mark=".",
    months=("gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"),
    weekdays=("lun", "mar", "mer", "gio", "ven", "sab", "dom"),
    period="{start} – {end}",
    degrees_range="da {low} a {high}",
    just_now="adesso",
    ago="{length} fa",
    days="{count} giorni",
    years="{count} anni",
    ahead="avanti di {length}",
    behind="indietro di {length}",
    temperature="temperatura",
    set_point="impostata",
    set_point_interrupted="impostata (in boost non è comunicata)",
    humidity="umidità",
    heating="riscaldamento",
    cooling="raffrescamento",
    nothing_recorded="nessun dato",
    nothing_in_period="Nessun dato in questo periodo",
    newest="ultima: {temperature}",
    mean="media {temperature}",
    heated="riscaldamento {length}",
    cooled="raffrescamento {length}",
    share="{what} per il {percent} del tempo",
    grains={Grain.READINGS: "tutte le letture", Grain.HOURS: "medie orarie", Grain.DAYS: "medie giornaliere"},
    description="""\
## La casa

Una scheda per ogni termostato: temperatura, temperatura impostata, umidità, se riscalda e da quando, il modo, quanto
tempo fa ha parlato, e un grafico del periodo scelto nella dashboard. Un termostato che tace da troppo tempo è messo in
evidenza, e uno con l’orologio sbagliato lo dice. Scegline uno per vederlo in grande, più da vicino o più indietro nel
tempo.

Fino a due giorni si disegna ogni lettura, fino a due mesi le medie orarie, oltre le medie giornaliere; con meno
dettaglio se molti termostati condividono la pagina. Gli orari sono quelli del fuso orario della dashboard. La pagina è
nella lingua della console, inglese o italiano.

### Parametri
| Nome | Significato |
|---|---|
| **unit** | `C` (come se manca) oppure `F` |
| **module** | l’id di un termostato da mostrare da solo |

### Esempio
``` yaml
unit: C
```
""",
    one_thermostat="1 termostato",
    thermostats="{count} termostati",
    loads_count={Load.HEATING: "{count} in riscaldamento", Load.COOLING: "{count} in raffrescamento"},
    silent_count="{count} senza notizie",
    failed_count="{count} in errore",
    also="Inoltre: ",
    and_more=" e altri {count}, che `smarther status` elenca.",
    show_large="mostra in grande",
    all_thermostats="Tutti i termostati",
    earlier="mezzo periodo prima",
    later="mezzo periodo dopo",
    closer="più da vicino",
    wider="più da lontano",
    lengths=("6 h", "1 giorno", "1 settimana", "1 mese", "1 anno"),
    length_before="{length}, fino a {clock}",
    dashboard_period="Periodo della dashboard",
    never_reported="Mai sentito",
    silent="Senza notizie, ultimo segnale {ago}",
    clock_wrong="Il suo orologio è sbagliato: {error}",
    clock_said="il {at} segnava {told}",
    loads={Load.HEATING: "Riscalda", Load.COOLING: "Raffresca", Load.IDLE: "A riposo"},
    load_unknown="Carico non comunicato",
    since=("dalle {clock}", "dal {clock}"),
    until=("fino alle {clock}", "fino al {clock}"),
    modes={
        "AUTOMATIC": "Automatico",
        "MANUAL": "Manuale",
        "BOOST": "Boost",
        "OFF": "Spento",
        "PROTECTION": "Protezione",
    },
    program="Programma {number}",
    card_failed="Questo termostato non può essere mostrato adesso.",
    card_failed_note="Quello che dice viene registrato lo stesso. Il log del widget spiega che cosa è andato storto.",
    no_thermostats="Ancora nessun termostato",
    no_thermostats_note="Compaiono qui quando il consenso è dato e il keeper li ha chiesti a Legrand.",
    nobody="Non c’è nessun termostato con l’id {module_id}.",
    unanswered=(
        "La tabella delle letture adesso non risponde, quindi non c’è nulla da disegnare. Le notifiche che arrivano"
        " nel frattempo sono conservate e registrate più tardi. Riprova tra un minuto; se continua, guarda il log del"
        " widget."
    ),
    all_well="tutto a posto",
    person_needed="Serve una persona",
    keeper_silent=Told(
        "Il keeper tace",
        "Non conclude un giro {since}.",
        ("Esegui `smarther keeper run` e leggi che cosa dice.",),
    ),
    over="Finito, alle {clock}.",
    over_subject="Finito: {title}",
    incidents={
        Cause.STACK: Told(
            "Questo stack non risponde",
            (
                "{count} termostati su {of} non inviano nulla {since}, e l'indirizzo del webhook non risponde come"
                " dovrebbe."
            ),
            ("Esegui `smarther doctor`: trova quale parte dello stack è guasta.",),
        ),
        Cause.LOGIN: Told(
            "Il login di Legrand è guasto",
            "Non rinnova i token {since}.",
            ("Nulla: aspetta. I dati arrivano comunque, e il keeper riprova ogni mezz'ora.",),
        ),
        Cause.API: Told(
            "L'API di Legrand è guasta",
            "Non dà al keeper una risposta utile {since}.",
            ("Nulla: aspetta. I dati arrivano comunque, e il keeper riprova ogni mezz'ora.",),
        ),
        Cause.PUSHES_STOPPED: Told(
            "Legrand non invia più nulla",
            (
                "{count} termostati su {of} non inviano nulla {since}. L'API di Legrand risponde, e anche"
                " l'indirizzo del webhook."
            ),
            ("Nulla: aspetta. Finché non arriva altro, il keeper interroga ogni tanto ciascun termostato.",),
        ),
        Cause.PUSHES_LATE: Told(
            "Legrand invia in ritardo",
            "I dati di {count} termostati su {of} arrivano con più di un'ora di ritardo. Ultimo invio: {clock}.",
            ("Nulla: aspetta. Ciò che arriva tardi è registrato all'ora a cui si riferisce.",),
        ),
        Cause.PUSHES_THINNED: Told(
            "Legrand tralascia una parte degli invii",
            (
                "Arrivano meno dati del solito {since}, e {count} termostati su {of}, interrogati, erano cambiati senza"
                " un invio."
            ),
            ("Nulla: aspetta. Intanto il keeper interroga i termostati a turno, e registra le risposte.",),
        ),
        Cause.HOME: Told(
            "{plants} non si sente",
            "Nessuno dei suoi {count} termostati invia o risponde {since}. L'API di Legrand risponde.",
            ("Guarda se in casa c'è corrente e se il gateway o il router è collegato a internet.",),
        ),
        Cause.THERMOSTAT: Told(
            "{names} non si sente",
            "Non invia e non risponde {since}. L'API di Legrand risponde.",
            ("Guarda se ha corrente e Wi-Fi. `smarther history` mostra che cosa ha detto per ultimo.",),
        ),
    },
    had_changed=" I termostati interrogati erano cambiati senza un invio.",
    endings={
        Ending.CONNECTED: Told(
            "I tuoi termostati sono collegati",
            "Da adesso Legrand invia ogni cambiamento direttamente al tuo registratore.",
            (
                "Non c’è altro da fare: le letture arrivano ogni volta che un termostato ha qualcosa di nuovo da dire.",
                (
                    "Token e sottoscrizioni sono controllati ogni mezz’ora. Se serve una persona, `smarther status` lo"
                    " dice."
                ),
                "Puoi chiudere questa pagina.",
            ),
        ),
        Ending.ACCEPTED: Told(
            "Consenso accettato",
            "Il tuo consenso è al sicuro. Non è ancora tutto a posto; per quello che manca si riprova ogni mezz’ora.",
            (_IN_HALF_AN_HOUR,),
        ),
        Ending.NO_HOME: Told(
            "Consenso accettato, ma nessuna casa è nota",
            "Il tuo consenso è al sicuro, ma non si registra ancora nulla: non è nota nessuna tua casa.",
            (_IN_HALF_AN_HOUR,),
        ),
        Ending.SLOW: Told(
            "Ancora al lavoro",
            "Oggi Legrand è lenta. Il registratore ha il tuo consenso e va avanti da solo; puoi chiudere questa"
            " pagina.",
            ("Tra due o tre minuti controlla con `smarther status`.",),
        ),
        Ending.DECLINED: Told(
            "Non hai dato il consenso",
            "Non è cambiato nulla. Senza il tuo consenso il registratore non può chiedere a Legrand le tue letture.",
            ("Se non era quello che volevi: esegui `smarther authorize` e scegli di consentire l’accesso.",),
        ),
        Ending.SCOPE_REFUSED: Told(
            "Legrand non concede questo scope",
            "Il consenso chiedeva soltanto di leggere i termostati, e il login di Legrand ha rifiutato proprio questo."
            " Non è cambiato nulla.",
            (
                "Se `smarther authorize` sta aspettando, ha riaperto il login chiedendo di più: continua lì.",
                "Altrimenti esegui `smarther authorize --control`. Il registratore in ogni caso non imposta nulla.",
                (
                    "Se anche questo viene rifiutato, spunta `comfort.read` e `comfort.write` per la tua applicazione"
                    " nel portale di Legrand."
                ),
            ),
        ),
        Ending.FAILED: Told(
            "Legrand non ha potuto completare il consenso",
            "Il login di Legrand ti ha rimandato qui con un errore invece che con un consenso. Non è cambiato nulla.",
            (
                (
                    "Confronta l’indirizzo di reindirizzamento della tua applicazione presso Legrand con il"
                    " `RedirectUri` dello stack, lettera per lettera."
                ),
                _AGAIN,
            ),
        ),
        Ending.INCOMPLETE: Told(
            "Questo link non è completo",
            "Questa è la pagina alla quale il login di Legrand ti riporta. Manca quello che avrebbe dovuto portare con"
            " sé.",
            (_AGAIN,),
        ),
        Ending.NOT_VALID: Told(
            "Questo link non è più valido",
            "Un link per il consenso vale dieci minuti e una volta sola. Questo è troppo vecchio, o è già stato usato.",
            (
                "Se hai appena visto una pagina che diceva che è andata bene, è tutto a posto: non devi fare nulla.",
                _AGAIN,
            ),
        ),
        Ending.REFUSED: Told(
            "Legrand non ha accettato il consenso",
            "Il login di Legrand ha rifiutato il codice che un attimo prima aveva dato al tuo browser. I codici durano"
            " poco.",
            (_AGAIN,),
        ),
        Ending.UNAVAILABLE: Told(
            "Legrand non risponde",
            "Il tuo consenso non è stato utilizzato, perché adesso il login di Legrand non funziona.",
            ("Aspetta qualche minuto.", _AGAIN),
        ),
        Ending.BUSY: Told(
            "Il registratore era occupato",
            "Proprio in questo momento lavorava a token e sottoscrizioni, e fa una cosa alla volta.",
            ("Aspetta due o tre minuti.", _AGAIN),
        ),
        Ending.NO_LOGIN: Told(
            "Il registratore non riesce ad accedere a Legrand",
            "Hai dato il consenso, ma quello che identifica la tua applicazione presso Legrand manca, è scaduto o è"
            " sbagliato.",
            (_AGAIN,),
        ),
        Ending.BROKEN: Told(
            "Qualcosa è andato storto nel registratore",
            "Il tuo consenso non è stato utilizzato. La causa è nel log del keeper.",
            ("Controlla con `smarther status`.", _AGAIN),
        ),
    },
    remedies={
        Reason.CREDENTIALS_MISSING: (
            "Esegui `smarther configure` e indica client id, client secret e subscription key della tua applicazione"
            " presso Legrand."
        ),
        Reason.CREDENTIALS_REFUSED: (
            "Legrand non conosce il client id o il client secret. Confrontali con la tua applicazione nel portale per"
            " sviluppatori di Legrand ed esegui `smarther configure`."
        ),
        Reason.CONSENT_MISSING: "Esegui `smarther authorize` e dai il consenso nel browser.",
        Reason.CONSENT_EXPIRED: "Il consenso presso Legrand è scaduto. Esegui `smarther authorize` per darlo di nuovo.",
        Reason.CLIENT_SECRET_EXPIRED: (
            "Il client secret è scaduto, come succede dopo un anno. Rinnovalo nel portale per sviluppatori di Legrand,"
            " poi esegui `smarther configure`; se da solo non basta, `smarther authorize`."
        ),
        Reason.CLIENT_SECRET_BIRTHDAY: (
            "Il client secret compie presto un anno, dopo il quale Legrand lo fa scadere. Rinnovalo nel portale per"
            " sviluppatori di Legrand, poi esegui `smarther configure`."
        ),
        Reason.SUBSCRIPTION_KEY_REFUSED: (
            "Legrand non accetta la subscription key: è sbagliata, sospesa o annullata. Controlla la tua subscription"
            " nel portale per sviluppatori di Legrand, poi esegui `smarther configure`."
        ),
        Reason.ACCESS_REFUSED: (
            "L’API di Legrand rifiuta un access token appena ricevuto. Controlla che la tua subscription key sia"
            " attiva, poi esegui `smarther configure` e dopo `smarther authorize`."
        ),
        Reason.APP_PASSWORD_EXPIRED: (
            "La password del tuo account nell’app Thermostat di Legrand è scaduta. Rinnovala nell’app; qui non devi"
            " fare nulla."
        ),
        Reason.APP_TERMS: (
            "L’app Thermostat di Legrand chiede di accettare di nuovo le sue condizioni. Apri l’app e accettale; qui"
            " non devi fare nulla."
        ),
        Reason.NO_PLANT: (
            "Legrand non elenca nessuna casa nel tuo account, quindi non si registra nulla. Nell’app Thermostat"
            " consenti l’accesso di terze parti per la tua casa, poi esegui `smarther keeper run`. Se era già"
            " consentito, forse hai fatto il login con un account diverso da quello dell’app: esegui di nuovo"
            " `smarther authorize`."
        ),
        Reason.PROVIDER_CHANGED: (
            "Legrand cambia la sua API, o ne annuncia la fine; `smarther status` dice quale delle due. In casa tua è"
            " tutto a posto, e quello che è registrato resta tuo. Cerca una versione più recente del registratore e"
            " installala. Se non c’è, `smarther report-problem` scrive un file da allegare a una segnalazione."
        ),
        Reason.PROVIDER_GONE: (
            "L’API o il login di Legrand non si trova più al suo indirizzo. In casa tua è tutto a posto, e quello che è"
            " registrato resta tuo. Se Legrand indica un indirizzo nuovo, installa con quello:"
            " docs/running/runbook.md#the-provider-changes. Altrimenti cerca una versione più recente del registratore."
        ),
    },
    homes="Le tue case",
    what_next="Che cosa succede adesso",
    what_to_do="Che cosa puoi fare",
    connected="collegata",
    not_yet="non ancora",
)
