"""What services and spreadsheets in other languages than English call columns, statuses and months.

All are written as `plaintext.folding.fold` leaves them, without spaces: “désabonné” is here “desabonne”.
"""

HEADINGS = {
    "email": (
        "correo correoelectronico direcciondecorreo direcciondecorreoelectronico direcciondeemail courriel "
        "adresseemail adressemail adressecourriel adressedecourriel adresseelectronique mailadresse "
        "indirizzoemail indirizzodipostaelettronica postaelettronica enderecodeemail enderecoemail "
        "correioeletronico emailadres epost epostadress epostadresse adresemail электроннаяпочта メールアドレス "
        "电子邮件 电子邮箱 邮箱 電子郵件 이메일 이메일주소"
    ),
    "name": "nomcomplet nombrecompleto nomecompleto naam имя 氏名 名前 姓名 이름",
    "first_name": "prenom nombre nome voornaam fornamn",
    "last_name": "nom apellido apellidos cognome sobrenome apelido achternaam efternamn",
    "language": "sprache langue idioma lingua taal sprak",
    "status": "statut statutemail statutabonnement anmeldestatus situacion situacao статус 状态 状態 상태",
    "confirmed": (
        "bestatigt bestatigtam bestatigungsdatum confirme confirmele datedeconfirmation confirmado confirmadoel "
        "fechadeconfirmacion confermato datadiconferma confirmadoem datadeconfirmacao bevestigd bevestigdop"
    ),
    "unsubscribed": (
        "abgemeldet abgemeldetam abmeldedatum abmeldung ausgetragen ausgetragenam abbestellt abbestelltam "
        "desabonne desabonnele datededesabonnement datedesabonnement desinscrit desinscritle datededesinscription "
        "datedesinscription dadodebaja baja fechadebaja desuscrito cancelado fechadecancelacion disiscritto "
        "cancellato datadisiscrizione datadicancellazione descadastrado descadastradoem datadedescadastro "
        "uitgeschreven uitgeschrevenop afgemeld afgemeldop"
    ),
    "bounced": "unzustellbar rebond rebondi rebotado rebote respinto devolvido onbestelbaar",
    "complained": "beschwerde spambeschwerde plainte queja klacht",
}
STATUS_WORDS = {
    "complained": "beschwerde spambeschwerde plainte queja klacht denunciado segnalatocomespam",
    "bounced": (
        "unzustellbar ungultig rebond rebondi invalide rebotado rebote invalido respinto nonvalido devolvido "
        "onbestelbaar ongeldig"
    ),
    "unsubscribed": (
        "abgemeldet ausgetragen abbestellt gekundigt desabonne desabonnee desabonne(e) desinscrit desinscrite "
        "desinscrit(e) resilie dadodebaja dadadebaja debaja baja desuscrito desuscripto desuscrita cancelado "
        "cancelada anulado disiscritto disiscritta cancellato cancellata annullato descadastrado descadastrada "
        "desinscrito uitgeschreven afgemeld opgezegd avregistrerad отписан отписался отписана 配信停止 解除 退会 "
        "已退订 退订 取消订阅 수신거부 구독취소"
    ),
    "pending": (
        "unbestatigt nichtbestatigt ausstehend inaktiv enattente nonconfirme inactif pendiente noconfirmado "
        "sinconfirmar inactivo nosuscrito inattesa nonconfermato inattivo noniscritto pendente naoconfirmado "
        "inativo inafwachting onbevestigd nietbevestigd inactief"
    ),
    "active": (
        "aktiv angemeldet abonniert bestatigt actif abonne abonnee abonne(e) inscrit inscrite inscrit(e) confirme "
        "confirmee activo suscrito suscrita inscrito inscrita confirmado confirmada alta attivo iscritto iscritta "
        "confermato ativo assinante actief ingeschreven aangemeld bevestigd geabonneerd подписан 購読中 配信中 "
        "已订阅 구독중"
    ),
}
# Only a status has these.
_UNMISTAKABLE = (
    "abgemeldet ausgetragen desabonne desabonnee desabonne(e) desinscrit desinscrite desinscrit(e) dadodebaja "
    "dadadebaja desuscrito desuscripto desuscrita disiscritto disiscritta descadastrado descadastrada "
    "uitgeschreven afgemeld unzustellbar rebotado отписан отписался отписана 配信停止 已退订 取消订阅 "
    "수신거부 구독취소"
)
UNMISTAKABLE = frozenset(_UNMISTAKABLE.split())
# Words for a status, and for a region as well.
STATES = ("state", "estado", "etat", "stato")
LOOKS_LIKE_STATUS = (
    "statut|abgemeld|abmeld|ausgetragen|abbestell|bestatig|desabon|desinscri|confirme|debaja|desuscri|cancelad|confirmad"
    "|disiscri|cancellat|confermat|descadastr|uitgeschreven|afgemeld|bevestig|rebot|rebond|unzustellbar"
)
# When someone signed up or was added.
HARMLESS = (
    "^(date|fecha|data|datum)?(de|del|d|di|da|der)?(inscription|abonnement|creation|suscripcion|alta|creacion|registro"
    "|iscrizione|creazione|inscricao|cadastro|criacao|anmeldung|anmelde|erstellung|erstellt|aanmelding|inschrijving)"
    "(datum|am|le|el|op|em)?$"
)
ADDRESS = "ciudad|ville$|stadt$|citta$|cidade|stad$|postleitzahl|^plz$|codigopostal|codepostal|^pais$|^pays$|^land$"
TRUE = frozenset("oui si sim vrai verdadero vero verdadeiro ja да はい 是 예".split())  # noqa: SIM905
FALSE = frozenset("non no nao nein nee faux falso нет いいえ 否 아니요".split())  # noqa: SIM905

# By the first four letters, or else the first three.
MONTHS = {
    beginning: number
    for number, beginnings in enumerate(
        (
            "jan ene gen",
            "feb fev",
            "mar mrz maa",
            "apr abr avr",
            "may mai mei mag maj",
            "jun juin giu",
            "jul juil lug",
            "aug ago aou",
            "sep set",
            "oct okt out ott",
            "nov",
            "dec dez dic",
        ),
        start=1,
    )
    for beginning in beginnings.split()
}
