"""The wording that discloses affiliate links. Each program's disclosure starts with it and can be edited in the admin.

`affiliates.rendering` inserts the disclosure before the first affiliate link of a text, and the labels after links.
"""

DISCLOSURE = (
    "Some links on this page are affiliate links. If you buy something through one of them, I may earn a commission. It"
    " does not change your price or my opinion of the product."
)
# After every affiliate link, and after every link to a brand in a sponsored post.
PAID_LABEL = "(paid link)"
PARTNER_LABEL = "(partner link)"
