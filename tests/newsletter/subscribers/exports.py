"""Files as newsletter services export them, with the source of each service's column names."""

from typing import NamedTuple


class Export(NamedTuple):
    """An export: its content, and the status of each person after an import by an owner who vouches for all of them."""

    service: str
    content: str
    statuses: dict[str, str]
    # Email addresses with a proof of confirmation in the file.
    proven: tuple[str, ...] = ()


EXPORTS = (
    # Columns: https://github.com/buttondown/roadmap/issues/2276. Statuses: https://mailchimp.com/help/about-your-contacts/
    # The files of the same archive for people who left have UNSUB_TIME or CLEAN_TIME. Public importers that test with
    # all three files (subscribed_, unsubscribed_ and cleaned_email_audience_export_*.csv) have the same names.
    Export(
        "Mailchimp",
        '"Email Address","First Name","Last Name",EMAIL_TYPE,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,'
        "LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS\n"
        "ana@example.org,Ana,Silva,html,2,,,2024-05-01 10:00:00,203.0.113.5,47.66,-122.2,-8,-7,America/Los_Angeles,US,WA,"
        '"2024-05-01 10:00:00",1,a1,,"knee, hip"\n',
        {"ana": "active"},
        ("ana",),
    ),
    Export(
        "Mailchimp, unsubscribed",
        "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,GMTOFF,DSTOFF,TIMEZONE,"
        "CC,REGION,UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER,LEID,EUID,NOTES,TAGS\n"
        "ana@example.org,Ana,Silva,2,,,2024-05-01 10:00:00,,-8,-7,,US,WA,2024-06-01 10:00:00,June,9,NORMAL,,1,a1,,\n"
        "ben@example.org,Ben,B,2,,,2024-05-01 10:00:00,,-8,-7,,US,WA,2024-06-01 10:00:00,,,,,1,a1,,\n",
        {"ana": "unsubscribed", "ben": "unsubscribed"},
    ),
    Export(
        "Mailchimp, cleaned",
        "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,GMTOFF,DSTOFF,TIMEZONE,"
        "CC,REGION,CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,LEID,EUID,NOTES,TAGS\n"
        "ana@example.org,Ana,Silva,2,,,2024-05-01 10:00:00,,-8,-7,,US,WA,2024-06-01 10:00:00,June,9,1,a1,,\n",
        {"ana": "bounced"},
    ),
    # https://developers.kit.com/api-reference/subscribers/list-subscribers: state is active, cancelled, bounced,
    # complained or inactive.
    Export(
        "Kit",
        'id,first_name,email_address,state,created_at,tags\n1,Ana,ana@example.org,active,2023-01-27T11:43:55Z,"a, b"\n'
        "2,Ben,ben@example.org,cancelled,2023-01-27T11:43:55Z,\n3,Cem,cem@example.org,bounced,2023-01-27T11:43:55Z,\n"
        "4,Dee,dee@example.org,complained,2023-01-27T11:43:55Z,\n5,Eve,eve@example.org,inactive,2023-01-27T11:43:55Z,\n",
        {"ana": "active", "ben": "unsubscribed", "cem": "bounced", "dee": "complained", "eve": "pending"},
    ),
    # https://github.com/mailpoet/mailpoet: lib/Subscribers/ImportExport/ImportExportFactory.php (names) and
    # Export/Export.php (a byte order mark, quotes escaped with a backslash, one line for each list).
    Export(
        "MailPoet",
        '\ufeff"Email","First name","Last name","Subscription IP","Subscription time","Confirmation time","Confirmation IP",'
        '"List status","Global status","List"\n'
        '"ana@example.org","Ana \\"Annie\\", PT","Silva","203.0.113.5","2023-02-01 08:00:00","2023-02-01 08:05:00",'
        '"203.0.113.5","subscribed","subscribed","Tips"\n'
        '"ben@example.org","Ben","B","","2023-02-01 08:00:00","2023-02-01 08:05:00","","subscribed","subscribed","Tips"\n'
        '"ben@example.org","Ben","B","","2023-02-01 08:00:00","2023-02-01 08:05:00","","unsubscribed","subscribed","News"\n'
        '"cem@example.org","Cem","C","","2023-02-01 08:00:00","0000-00-00 00:00:00","","unconfirmed","unconfirmed","News"\n'
        '"dee@example.org","Dee","D","","2023-02-01 08:00:00","","","subscribed","bounced","News"\n',
        {"ana": "active", "ben": "unsubscribed", "cem": "pending", "dee": "bounced"},
        ("ana",),
    ),
    # https://github.com/TryGhost/migrate/tree/main/packages/mg-substack (email_list.*.csv). active_subscription says who
    # pays; email_disabled, who gets no emails.
    Export(
        "Substack",
        "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"
        "ana@example.org,false,,other,false,2025-01-01T08:00:00.000Z,\n"
        "ben@example.org,true,2026-12-01T00:00:00.000Z,yearly,true,2025-01-01T08:00:00.000Z,2025-06-01T00:00:00.000Z\n",
        {"ana": "active", "ben": "unsubscribed"},
    ),
    # https://github.com/TryGhost/Ghost: ghost/core/test/e2e-api/admin/members-exporter.test.js. Later versions add gift_id
    # and a column for each custom field; earlier ones write products instead of tiers.
    Export(
        "Ghost",
        "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers,"
        "gift_id,custom_fields.knee\n"
        "1,ana@example.org,Ana,,true,false,,2024-01-15T10:00:00.000Z,,,,,left\n"
        "2,ben@example.org,Ben,,false,false,,2024-01-15T10:00:00.000Z,,,,,\n"
        "3,cem@example.org,Cem,,true,false,,2024-01-15T10:00:00.000Z,2024-02-01T10:00:00.000Z,,,,\n",
        {"ana": "active", "ben": "unsubscribed", "cem": "unsubscribed"},
    ),
    Export(
        "Ghost, version 4",
        "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,products\r\n"
        "1,ana@example.org,Ana,,true,false,,2024-01-15T10:00:00.000Z,,,\r\n",
        {"ana": "active"},
    ),
    # Names: public importers of beehiiv's files, one of 28 columns with status, email, created_at, last_opened_at, open_rate,
    # click_rate, total_clicked and acquisition_source, and no name. Statuses of the API:
    # https://developers.beehiiv.com/api-reference/subscriptions/index. Who unsubscribed is “Inactive”:
    # https://beehiiv.com/support/article/12428610562327-managing-your-subscribers-on-beehiiv
    Export(
        "beehiiv",
        "email,status,created_at,subscription_tier,utm_source,referral_code,open_rate,click_rate,total_clicked,last_opened_at,"
        "acquisition_source\n"
        "ana@example.org,active,2025-10-10 10:10:10 UTC,free,direct,F8,0.5,0.1,3,2026-01-02 10:00:00 UTC,website\n"
        "ben@example.org,inactive,2025-10-10 10:10:10 UTC,,,,,,,,\ncem@example.org,pending,2025-10-10 10:10:10 UTC,free,,,,,,,\n"
        "dee@example.org,invalid,2025-10-10 10:10:10 UTC,free,,,,,,,\neve@example.org,validating,2025-10-10 10:10:10 UTC,,,,,,,,\n"
        "fay@example.org,needs_attention,2025-10-10 10:10:10 UTC,,,,,,,,\ngus@example.org,paused,2025-10-10 10:10:10 UTC,,,,,,,,\n",
        {
            "ana": "active",
            "ben": "unsubscribed",
            "cem": "pending",
            "dee": "bounced",
            "eve": "pending",
            "fay": "pending",
            "gus": "pending",
        },
    ),
    Export(
        "beehiiv, with titles",
        "Email,Status,Created At,Subscription Tier\nana@example.org,Active,2025-10-10 10:10:10 UTC,free\n"
        "ben@example.org,Inactive,2025-10-10 10:10:10 UTC,\n",
        {"ana": "active", "ben": "unsubscribed"},
    ),
    # Field names: https://docs.buttondown.com/api-subscribers-introduction. Types:
    # https://docs.buttondown.com/api-subscribers-type and https://github.com/buttondown/openapi/blob/main/enums.json
    Export(
        "Buttondown",
        "id,email_address,notes,metadata,tags,type,source,creation_date,unsubscription_date,undeliverability_date,"
        "undeliverability_reason\n"
        'a1,ana@example.org,,{},"[""a"", ""b""]",regular,organic,2024-01-15T10:00:00Z,,,\n'
        "a2,ben@example.org,,{},[],unsubscribed,organic,2024-01-15T10:00:00Z,2024-02-01T10:00:00Z,,\n"
        "a3,cem@example.org,,{},[],complained,organic,2024-01-15T10:00:00Z,,,\n"
        "a4,dee@example.org,,{},[],unactivated,organic,2024-01-15T10:00:00Z,,,\n"
        "a5,eve@example.org,,{},[],undeliverable,import,2024-01-15T10:00:00Z,,2024-02-01T10:00:00Z,hard_bounced\n"
        "a6,fay@example.org,,{},[],premium,organic,2024-01-15T10:00:00Z,,,\n"
        "a7,gus@example.org,,{},[],spammy,organic,2024-01-15T10:00:00Z,,,\n"
        "a8,hal@example.org,,{},[],past_due,organic,2024-01-15T10:00:00Z,,,\n",
        {
            "ana": "active",
            "ben": "unsubscribed",
            "cem": "complained",
            "dee": "pending",
            "eve": "bounced",
            "fay": "active",
            "gus": "complained",
            "hal": "active",
        },
    ),
    # Columns: the header that public importers of Brevo's files quote (CONTACT ID to MODIFIED_TIME, with days first), and
    # DOUBLE_OPT-IN, the attribute of confirmed contacts: https://github.com/hassanalisalloum/sendinblue-wordpress.
    # Who is blocklisted is only in files exported with that option.
    Export(
        "Brevo",
        "CONTACT ID;EMAIL;LASTNAME;FIRSTNAME;WHATSAPP;SMS;DOUBLE_OPT-IN;OPT_IN;LANDLINE_NUMBER;EXT_ID;CONTACT_TIMEZONE;JOB_TITLE;"
        "LINKEDIN;EMAIL_BLACKLISTED;SMS_BLACKLISTED;ADDED_TIME;MODIFIED_TIME\n"
        "1;ana@example.org;Silva;Ana;;;Yes;Yes;;;;;;false;true;31-12-2023;01-02-2023\n"
        "2;ben@example.org;B;Ben;;;Yes;Yes;;;;;;true;false;01-02-2023;01-02-2023\n"
        "3;cem@example.org;C;Cem;;;No;;;;;;;false;false;01-02-2023;01-02-2023\n"
        "4;dee@example.org;D;Dee;;;;;;;;;;false;false;01-02-2023;01-02-2023\n"
        "5;eve@example.org;E;Eve;;;;No;;;;;;false;false;01-02-2023;01-02-2023\n",
        {"ana": "active", "ben": "unsubscribed", "cem": "pending", "dee": "active", "eve": "pending"},
        ("ana",),
    ),
    # exportSubscriptionStatus in https://developers.brevo.com/reference/request-contact-export. Public scripts that read such
    # files look for “email_marketing” in _SUBSCRIBED and _BLOCKLISTED.
    Export(
        "Brevo, through the API",
        "EMAIL;FIRSTNAME;LASTNAME;_listIds;_SUBSCRIBED;_BLOCKLISTED;ADDED_TIME;MODIFIED_TIME\n"
        "ana@example.org;Ana;Silva;[2|7];[email_marketing];;01-02-2023;01-02-2023\n"
        "ben@example.org;Ben;B;[2];[sms_marketing];[email_marketing];01-02-2023;01-02-2023\n"
        "cem@example.org;Cem;C;[2];[email_marketing];[sms_marketing];01-02-2023;01-02-2023\n"
        "dee@example.org;Dee;D;[2];;[sms_marketing|email_marketing];01-02-2023;01-02-2023\n"
        "eve@example.org;Eve;E;[2];[sms_marketing];;01-02-2023;01-02-2023\n",
        {"ana": "active", "ben": "unsubscribed", "cem": "active", "dee": "unsubscribed", "eve": "unsubscribed"},
    ),
    # Columns: scripts that read such files, for example the column lists of "Email update source" on GitHub. Statuses:
    # https://community.constantcontact.com/t5/Questions-Discussions/Help-understanding-quot-Email-Status-quot-in-exportedcontacts/m-p/410819
    Export(
        "Constant Contact",
        "Email address,First name,Last name,Company,Job title,Email status,Email permission status,Email update source,"
        "Confirmed Opt-Out Date,Confirmed Opt-Out Source,Confirmed Opt-Out Reason,Phone - home,State/Province - Home,"
        "Email Lists,Source Name,Created At,Updated At\n"
        "ana@example.org,Ana,Silva,,,Active,Express,Contact,,,,,OR,News,Website form,2020-09-25 16:45:13 -0400,\n"
        "ben@example.org,Ben,B,,,Unsubscribed,Unsubscribed,Contact,2021-01-05 10:00:00 -0500,Contact,No longer,,OR,,,,\n"
        "cem@example.org,Cem,C,,,Awaiting Confirmation,Implied,Account,,,,,,,,,\n"
        "dee@example.org,Dee,D,,,No Permissions Set,,Account,,,,,,,,,\n"
        "eve@example.org,Eve,E,,,,,Account,,,,,,,,,\n"
        "fay@example.org,Fay,F,,,Active,Implied,Account,2021-01-05 10:00:00 -0500,Account,,,,,,,\n",
        {
            "ana": "active",
            "ben": "unsubscribed",
            "cem": "pending",
            "dee": "pending",
            "eve": "pending",
            "fay": "unsubscribed",
        },
    ),
    # Columns and the format of times: a public importer of AWeber's files (“parseAWeberDate”), which reads Date Added, Stop
    # Time, Stop Status, Misc, Ad Tracking, IP Address and Web Form URL.
    Export(
        "AWeber",
        "Email,Name,Date Added,Stop Time,Stop Status,Misc,Ad Tracking,IP Address,Web Form URL,Country,Region,City,Tags\n"
        "ana@example.org,Ana Silva,01/31/21 09:15am,,0,,,203.0.113.5,,US,OR,Portland,\n"
        "ben@example.org,Ben B,01/31/21 09:15am,02/28/21 10:00pm,2,,,203.0.113.5,,US,OR,Portland,\n",
        {"ana": "active", "ben": "unsubscribed"},
    ),
    # https://help-center-cms.sender.net/category/subscribers-and-segmentation/subscribers-list-management/ names the columns
    # of the table and the filters Active, Bounced, Unsubscribed and Reported spam. The export itself is not documented.
    Export(
        "Sender",
        "Email,First name,Last name,Phone,Email status,Groups,Location,Date added\n"
        "ana@example.org,Ana,Silva,,Active,News,,2024-01-15 10:00:00\n"
        "ben@example.org,Ben,B,,Unsubscribed,News,,2024-01-15 10:00:00\n"
        "cem@example.org,Cem,C,,Reported spam,News,,2024-01-15 10:00:00\n"
        "dee@example.org,Dee,D,,Bounced,News,,2024-01-15 10:00:00\n",
        {"ana": "active", "ben": "unsubscribed", "cem": "complained", "dee": "bounced"},
    ),
    # Statuses: https://glama.ai/mcp/servers/thenavidm/flodesk-mcp-cli/tools/save_subscriber_page (the API's list). The
    # export itself is not documented.
    Export(
        "Flodesk",
        "First name,Last name,Email,Status,Segments,Source,Date created\n"
        "Ana,Silva,ana@example.org,active,News,form,2024-01-15\nBen,B,ben@example.org,unsubscribed,,,2024-01-15\n"
        "Cem,C,cem@example.org,unconfirmed,,,2024-01-15\nDee,D,dee@example.org,bounced,,,2024-01-15\n"
        "Eve,E,eve@example.org,complained,,,2024-01-15\nFay,F,fay@example.org,cleaned,,,2024-01-15\n"
        "Gus,G,gus@example.org,archived,,,2024-01-15\n",
        {
            "ana": "active",
            "ben": "unsubscribed",
            "cem": "pending",
            "dee": "bounced",
            "eve": "complained",
            "fay": "bounced",
            "gus": "pending",
        },
    ),
    # https://help.steadyhq.com/en/articles/6265612-export-list-and-information-about-your-members-in-csv-format
    Export(
        "Steady",
        "first_name,last_name,email,plan_name,gifted,subscription_period,subscription_state,subscribed_at,city,state\n"
        "Ana,Silva,ana@example.org,Friend,FALSE,monthly,active,2024-01-15,Portland,OR\n"
        "Ben,B,ben@example.org,Friend,FALSE,monthly,cancelled,2024-01-15,Portland,OR\n",
        {"ana": "active", "ben": "unsubscribed"},
    ),
)
