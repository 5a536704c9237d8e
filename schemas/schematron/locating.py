"""How our stylesheets say where an assertion is not fulfilled: in one more walk.

To count brothers at each place would take the square of their number: five thousand
wrong lines of a table took seven seconds. So what fired is gathered first, and only
if anything did, one walk through the elements tells their places.
"""

from copy import deepcopy
from typing import Final

from lxml import etree

from schemas.schematron.names import FOUND, OWN_PREFIX, OWN_URI, XSL_URI

_FRAME: Final = f"""
<xsl:stylesheet version="2.0" xmlns:xsl="{XSL_URI}" xmlns:{OWN_PREFIX}="{OWN_URI}">
  <xsl:output method="xml" encoding="UTF-8" indent="no"/>
  <xsl:key name="amtsweg:fired" match="amtsweg:fired" use="@of"/>
  <xsl:function name="amtsweg:attribute" version="2.0">
    <xsl:param name="node"/>
    <xsl:sequence select="for $one in $node[self::attribute()]
      return concat('/@Q{{', namespace-uri($one), '}}', local-name($one))"/>
  </xsl:function>
  <xsl:template match="/">
    <amtsweg:report>
      <xsl:copy-of select="${FOUND}"/>
      <xsl:if test="${FOUND}/amtsweg:fired">
        <xsl:apply-templates select="*" mode="amtsweg:places"/>
      </xsl:if>
    </amtsweg:report>
  </xsl:template>
  <xsl:template match="*" mode="amtsweg:places">
    <xsl:param name="above"/>
    <xsl:variable name="at" select="concat($above, '/*[', position(), ']')"/>
    <xsl:if test="key('amtsweg:fired', generate-id(), ${FOUND})">
      <amtsweg:place of="{{generate-id()}}" at="{{$at}}"/>
    </xsl:if>
    <xsl:apply-templates select="*" mode="amtsweg:places">
      <xsl:with-param name="above" select="$at"/>
    </xsl:apply-templates>
  </xsl:template>
</xsl:stylesheet>"""

OF: Final = "{generate-id(ancestor-or-self::*[1])}"
"""Identity of the element that is looked at, or that has what is looked at."""
ATTRIBUTE: Final = f"{{{OWN_PREFIX}:attribute(.)}}"
"""The last step, where an attribute is looked at."""


def add_frame(stylesheet: etree._Element) -> None:
    """Everything around the patterns' own templates."""
    stylesheet.extend(deepcopy(one) for one in etree.fromstring(_FRAME))
