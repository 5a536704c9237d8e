<?xml version='1.0' encoding='UTF-8'?>
<xsl:stylesheet xmlns:sch="http://purl.oclc.org/dsdl/schematron" xmlns:s="urn:example:amtsweg:demo-sozial:1.1" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:amtsweg="urn:amtsweg:schematron:1" version="2.0" exclude-result-prefixes="#all">
  <amtsweg:assertion n="1" id="DS-K-01">Eine Antwort muss im Kopf die UUID der Nachricht nennen, auf die sie sich bezieht.</amtsweg:assertion>
  <amtsweg:assertion n="2" id="DS-K-02" role="warning">Autor und Leser der Nachricht tragen dieselbe Kennung. Bitte prüfen Sie, ob das so gemeint ist.</amtsweg:assertion>
  <amtsweg:assertion n="3" id="DS-V-01">Das Antragsdatum liegt nach dem Tag, an dem die Nachricht erstellt wurde.</amtsweg:assertion>
  <amtsweg:assertion n="4" id="DS-V-02">Der Leistungsschlüssel gehört nicht zu der Leistung, die mit dieser Nachricht beantragt wird.</amtsweg:assertion>
  <amtsweg:assertion n="5" id="DS-P-01">Eine Person ist nach dem Antragsdatum geboren. Bitte prüfen Sie Geburtsdatum und Antragsdatum.</amtsweg:assertion>
  <amtsweg:assertion n="6" id="DS-P-02" role="warning">Eine Person wird genannt, kommt im Antrag aber nicht weiter vor.</amtsweg:assertion>
  <amtsweg:assertion n="7" id="DS-P-03">Eine Person, die noch nicht vier Jahre alt ist, kann keine Schule besuchen. Bitte prüfen Sie Geburtsdatum und Einrichtung.</amtsweg:assertion>
  <amtsweg:assertion n="8" id="DS-Z-01">Ein Zeitraum endet, bevor er beginnt.</amtsweg:assertion>
  <amtsweg:assertion n="9" id="DS-E-01">Die Summe des Einkommens stimmt nicht mit den einzelnen Posten überein.</amtsweg:assertion>
  <amtsweg:assertion n="10" id="DS-E-02">Für eine Person ist das Einkommen mehrfach angegeben. Bitte fassen Sie die Posten zusammen.</amtsweg:assertion>
  <amtsweg:assertion n="11" id="DS-B-01">Die Prüfziffer der IBAN stimmt nicht. Vermutlich enthält sie einen Tippfehler.</amtsweg:assertion>
  <amtsweg:assertion n="12" id="DS-B-02">Eine deutsche IBAN hat 22 Stellen.</amtsweg:assertion>
  <amtsweg:assertion n="13" id="DS-UV-01">Unterhaltsvorschuss wird nur für Kinder unter 18 Jahren gezahlt. Ein Kind ist bei Beginn des Zeitraums schon volljährig.</amtsweg:assertion>
  <amtsweg:assertion n="14" id="DS-UV-02">Ein Kind, für das Unterhaltsvorschuss beantragt wird, kann nicht zugleich die antragstellende Person sein.</amtsweg:assertion>
  <amtsweg:assertion n="15" id="DS-UV-03">Der andere Elternteil ist als dieselbe Person angegeben wie die antragstellende Person oder das Kind.</amtsweg:assertion>
  <amtsweg:assertion n="16" id="DS-UV-04">Unterhaltsvorschuss wird nur gezahlt, wenn das Kind bei der antragstellenden Person lebt.</amtsweg:assertion>
  <amtsweg:assertion n="17" id="DS-UV-05">Unterhaltsvorschuss wird rückwirkend höchstens für den Monat vor dem Antrag gezahlt. Der Zeitraum beginnt früher.</amtsweg:assertion>
  <amtsweg:assertion n="18" id="DS-UV-06">Für ein Kind ab zwölf Jahren muss angegeben werden, ob es Bürgergeld bezieht.</amtsweg:assertion>
  <amtsweg:assertion n="19" id="DS-UV-07">Für ein Kind ist Unterhaltsvorschuss zweimal beantragt.</amtsweg:assertion>
  <amtsweg:assertion n="20" id="DS-UV-08" role="warning">Für ein Kind ab fünfzehn Jahren sollte angegeben werden, ob es eine Schule besucht.</amtsweg:assertion>
  <amtsweg:assertion n="21" id="DS-GS-01">Grundsicherung im Alter setzt voraus, dass die antragstellende Person die Altersgrenze erreicht hat, frühestens mit 65 Jahren.</amtsweg:assertion>
  <amtsweg:assertion n="22" id="DS-GS-02">Die antragstellende Person ist zugleich als weiteres Mitglied ihres Haushalts angegeben.</amtsweg:assertion>
  <amtsweg:assertion n="23" id="DS-GS-03">Einkommen ist für eine Person angegeben, die nicht zum Haushalt gehört.</amtsweg:assertion>
  <amtsweg:assertion n="24" id="DS-GS-04" role="warning">Grundsicherung wird in der Regel für höchstens zwölf Monate bewilligt. Der beantragte Zeitraum ist länger.</amtsweg:assertion>
  <amtsweg:assertion n="25" id="DS-GS-05">Die Gesamtkosten der Unterkunft sind nicht die Summe aus Grundmiete, Nebenkosten und Heizkosten.</amtsweg:assertion>
  <amtsweg:assertion n="26" id="DS-BT-01">Die Gesamtkosten stimmen nicht mit den Kosten der einzelnen Leistungen überein.</amtsweg:assertion>
  <amtsweg:assertion n="27" id="DS-BT-02">Eine Leistung ist für eine Person beantragt, die dafür zu alt ist: Teilhabe gibt es bis 18, die übrigen Leistungen bis 25 Jahre.</amtsweg:assertion>
  <amtsweg:assertion n="28" id="DS-BT-03">Schulbedarf, Lernförderung und Schülerbeförderung setzen voraus, dass für das Kind eine Schule angegeben ist.</amtsweg:assertion>
  <amtsweg:assertion n="29" id="DS-BT-04">Für Ausflüge, Fahrten und Mittagessen muss angegeben sein, welche Einrichtung das Kind besucht.</amtsweg:assertion>
  <amtsweg:assertion n="30" id="DS-BT-05">Außer beim Schulbedarf müssen die Kosten jeder Leistung angegeben sein.</amtsweg:assertion>
  <amtsweg:assertion n="31" id="DS-NW-01">Die angegebene Anzahl stimmt nicht mit den aufgeführten Anlagen überein.</amtsweg:assertion>
  <amtsweg:assertion n="32" id="DS-NW-02" role="warning">Dieselbe Anlage ist mehrfach aufgeführt.</amtsweg:assertion>
  <amtsweg:assertion n="33" id="DS-EB-01">Die Frist für die Antwort liegt vor dem Tag des Eingangs.</amtsweg:assertion>
  <amtsweg:assertion n="34" id="DS-RW-01">Wird eine Nachricht wegen einer fachlichen Regel zurückgewiesen, muss die Regel genannt sein.</amtsweg:assertion>
  <xsl:output method="xml" encoding="UTF-8" indent="no"/>
  <xsl:function name="amtsweg:path" version="2.0">
    <xsl:param name="node"/>
    <xsl:sequence select="concat(string-join(for $one in $node/ancestor-or-self::* return concat('/Q{', namespace-uri($one), '}', local-name($one), '[', 1 + count($one/preceding-sibling::*[node-name(.) = node-name($one)]), ']'), ''), for $one in $node[self::attribute()] return concat('/@Q{', namespace-uri($one), '}', local-name($one)))"/>
  </xsl:function>
  <xsl:variable name="personen" select="/*/s:vorgang/s:person"/>
  <xsl:variable name="verweise" select="//@personRef"/>
  <xsl:variable name="antragsteller" select="/*/s:vorgang/s:antragsteller/@personRef"/>
  <xsl:variable name="antragsdatum" select="/*/s:vorgang/xs:date(s:antragsdatum)"/>
  <xsl:template match="/">
    <amtsweg:report>
      <xsl:apply-templates select="/" mode="pattern-1"/>
      <xsl:apply-templates select="/" mode="pattern-2"/>
      <xsl:apply-templates select="/" mode="pattern-3"/>
      <xsl:apply-templates select="/" mode="pattern-4"/>
      <xsl:apply-templates select="/" mode="pattern-5"/>
      <xsl:apply-templates select="/" mode="pattern-6"/>
      <xsl:apply-templates select="/" mode="pattern-7"/>
      <xsl:apply-templates select="/" mode="pattern-8"/>
      <xsl:apply-templates select="/" mode="pattern-9"/>
      <xsl:apply-templates select="/" mode="pattern-10"/>
      <xsl:apply-templates select="/" mode="pattern-11"/>
    </amtsweg:report>
  </xsl:template>
  <xsl:template match="/s:eingangsbestaetigung.0900/nachrichtenkopf.g2g | /s:rueckweisung.0010/nachrichtenkopf.g2g" mode="pattern-1" priority="1">
    <amtsweg:rule/>
    <xsl:if test="not((referenzUUID))">
      <amtsweg:fired n="1" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:apply-templates select="*" mode="pattern-1"/>
  </xsl:template>
  <xsl:template match="/|node()|@*" mode="pattern-1" priority="-100">
    <xsl:apply-templates select="*" mode="pattern-1"/>
  </xsl:template>
  <xsl:template match="/*/nachrichtenkopf.g2g" mode="pattern-2" priority="1">
    <amtsweg:rule/>
    <xsl:if test="not((autor/kennung != leser/kennung))">
      <amtsweg:fired n="2" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:apply-templates select="*" mode="pattern-2"/>
  </xsl:template>
  <xsl:template match="/|node()|@*" mode="pattern-2" priority="-100">
    <xsl:apply-templates select="*" mode="pattern-2"/>
  </xsl:template>
  <xsl:template match="s:vorgang" mode="pattern-3" priority="1">
    <amtsweg:rule/>
    <xsl:variable name="erstellt" select="xs:dateTime(/*/nachrichtenkopf.g2g/identifikation.nachricht/erstellungszeitpunkt)"/>
    <xsl:variable name="tag" select="xs:date(substring(string(adjust-dateTime-to-timezone($erstellt, xs:dayTimeDuration('PT2H'))), 1, 10))"/>
    <xsl:if test="not(($antragsdatum le $tag))">
      <amtsweg:fired n="3" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:if test="not(((not(s:unterhaltsvorschuss) or s:leistung/code = '99107021017000') and (not(s:grundsicherung) or s:leistung/code = '99107009017000') and (not(s:bildungUndTeilhabe) or s:leistung/code = '99107032148000')))">
      <amtsweg:fired n="4" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:apply-templates select="*" mode="pattern-3"/>
  </xsl:template>
  <xsl:template match="/|node()|@*" mode="pattern-3" priority="-100">
    <xsl:apply-templates select="*" mode="pattern-3"/>
  </xsl:template>
  <xsl:template match="s:person" mode="pattern-4" priority="1">
    <amtsweg:rule/>
    <xsl:if test="not((xs:date(s:geburtsdatum) le $antragsdatum))">
      <amtsweg:fired n="5" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:if test="not((@id = $verweise))">
      <amtsweg:fired n="6" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:if test="not((not(s:einrichtung/s:art = 'schule') or xs:date(s:geburtsdatum) + xs:yearMonthDuration('P4Y') le $antragsdatum))">
      <amtsweg:fired n="7" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:apply-templates select="*" mode="pattern-4"/>
  </xsl:template>
  <xsl:template match="/|node()|@*" mode="pattern-4" priority="-100">
    <xsl:apply-templates select="*" mode="pattern-4"/>
  </xsl:template>
  <xsl:template match="s:zeitraum[s:ende]" mode="pattern-5" priority="1">
    <amtsweg:rule/>
    <xsl:if test="not((xs:date(s:ende) ge xs:date(s:beginn)))">
      <amtsweg:fired n="8" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:apply-templates select="*" mode="pattern-5"/>
  </xsl:template>
  <xsl:template match="/|node()|@*" mode="pattern-5" priority="-100">
    <xsl:apply-templates select="*" mode="pattern-5"/>
  </xsl:template>
  <xsl:template match="s:einkommen" mode="pattern-6" priority="2">
    <amtsweg:rule/>
    <xsl:if test="not((xs:decimal(s:summe) = sum(s:posten/xs:decimal(s:betrag))))">
      <amtsweg:fired n="9" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:if test="not((count(../s:einkommen[@personRef = current()/@personRef]) = 1))">
      <amtsweg:fired n="10" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:apply-templates select="*" mode="pattern-6"/>
  </xsl:template>
  <xsl:template match="s:bankverbindung" mode="pattern-6" priority="1">
    <amtsweg:rule/>
    <xsl:variable name="umgestellt" select="concat(substring(s:iban, 5), substring(s:iban, 1, 4))"/>
    <xsl:variable name="ziffern" select="string-join(for $zeichen in string-to-codepoints($umgestellt) return if ($zeichen ge 65) then string($zeichen - 55) else string($zeichen - 48), '')"/>
    <xsl:if test="not((xs:integer($ziffern) mod 97 = 1))">
      <amtsweg:fired n="11" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:if test="not((not(starts-with(s:iban, 'DE')) or string-length(s:iban) = 22))">
      <amtsweg:fired n="12" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:apply-templates select="*" mode="pattern-6"/>
  </xsl:template>
  <xsl:template match="/|node()|@*" mode="pattern-6" priority="-100">
    <xsl:apply-templates select="*" mode="pattern-6"/>
  </xsl:template>
  <xsl:template match="s:unterhaltsvorschuss/s:kind" mode="pattern-7" priority="1">
    <amtsweg:rule/>
    <xsl:variable name="kind" select="$personen[@id = current()/@personRef][1]"/>
    <xsl:variable name="geboren" select="$kind/xs:date(s:geburtsdatum)"/>
    <xsl:variable name="beginn" select="xs:date(s:zeitraum/s:beginn)"/>
    <xsl:variable name="fruehestens" select="xs:date(concat(substring(string($antragsdatum), 1, 7), '-01')) - xs:yearMonthDuration('P1M')"/>
    <xsl:if test="not((not($kind) or $geboren + xs:yearMonthDuration('P18Y') gt $beginn))">
      <amtsweg:fired n="13" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:if test="not((@personRef != $antragsteller))">
      <amtsweg:fired n="14" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:if test="not((not(s:andererElternteil/@personRef = ($antragsteller, @personRef))))">
      <amtsweg:fired n="15" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:if test="not((xs:boolean(s:lebtBeiAntragsteller)))">
      <amtsweg:fired n="16" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:if test="not(($beginn ge $fruehestens))">
      <amtsweg:fired n="17" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:if test="not((not($kind) or $geboren + xs:yearMonthDuration('P12Y') gt $beginn or s:buergergeldbezug))">
      <amtsweg:fired n="18" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:if test="not((count(../s:kind[@personRef = current()/@personRef]) = 1))">
      <amtsweg:fired n="19" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:if test="not((not($kind) or $geboren + xs:yearMonthDuration('P15Y') gt $beginn or s:schulbesuch))">
      <amtsweg:fired n="20" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:apply-templates select="*" mode="pattern-7"/>
  </xsl:template>
  <xsl:template match="/|node()|@*" mode="pattern-7" priority="-100">
    <xsl:apply-templates select="*" mode="pattern-7"/>
  </xsl:template>
  <xsl:template match="s:grundsicherung" mode="pattern-8" priority="2">
    <amtsweg:rule/>
    <xsl:variable name="person" select="$personen[@id = $antragsteller][1]"/>
    <xsl:if test="not((not(s:grund/code = 'alter') or not($person) or $person/xs:date(s:geburtsdatum) + xs:yearMonthDuration('P65Y') le xs:date(s:zeitraum/s:beginn)))">
      <amtsweg:fired n="21" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:if test="not((not(s:haushaltsmitglied/@personRef = $antragsteller)))">
      <amtsweg:fired n="22" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:if test="not((every $einkommen in s:einkommen satisfies $einkommen/@personRef = ($antragsteller, s:haushaltsmitglied/@personRef)))">
      <amtsweg:fired n="23" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:if test="not((not(s:zeitraum/s:ende) or xs:date(s:zeitraum/s:ende) lt xs:date(s:zeitraum/s:beginn) + xs:yearMonthDuration('P12M')))">
      <amtsweg:fired n="24" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:apply-templates select="*" mode="pattern-8"/>
  </xsl:template>
  <xsl:template match="s:unterkunft" mode="pattern-8" priority="1">
    <amtsweg:rule/>
    <xsl:if test="not((xs:decimal(s:gesamtkosten) = xs:decimal(s:grundmiete) + xs:decimal(s:nebenkosten) + xs:decimal(s:heizkosten)))">
      <amtsweg:fired n="25" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:apply-templates select="*" mode="pattern-8"/>
  </xsl:template>
  <xsl:template match="/|node()|@*" mode="pattern-8" priority="-100">
    <xsl:apply-templates select="*" mode="pattern-8"/>
  </xsl:template>
  <xsl:template match="s:bildungUndTeilhabe" mode="pattern-9" priority="3">
    <amtsweg:rule/>
    <xsl:if test="not((xs:decimal(s:gesamtkosten) = sum(s:kind/s:leistung/s:kosten/xs:decimal(.))))">
      <amtsweg:fired n="26" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:apply-templates select="*" mode="pattern-9"/>
  </xsl:template>
  <xsl:template match="s:bildungUndTeilhabe/s:kind" mode="pattern-9" priority="2">
    <amtsweg:rule/>
    <xsl:variable name="kind" select="$personen[@id = current()/@personRef][1]"/>
    <xsl:if test="not((not($kind) or (every $leistung in s:leistung satisfies $kind/xs:date(s:geburtsdatum) + xs:yearMonthDuration(if ($leistung/s:art/code = 'teilhabe') then 'P18Y' else 'P25Y') gt xs:date($leistung/s:zeitraum/s:beginn))))">
      <amtsweg:fired n="27" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:if test="not((not($kind) or not(s:leistung/s:art/code = ('schulbedarf', 'lernfoerderung', 'befoerderung')) or $kind/s:einrichtung/s:art = 'schule'))">
      <amtsweg:fired n="28" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:if test="not((not($kind) or not(s:leistung/s:art/code = ('ausflug', 'klassenfahrt', 'mittagessen')) or $kind/s:einrichtung))">
      <amtsweg:fired n="29" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:apply-templates select="*" mode="pattern-9"/>
  </xsl:template>
  <xsl:template match="s:bildungUndTeilhabe/s:kind/s:leistung" mode="pattern-9" priority="1">
    <amtsweg:rule/>
    <xsl:if test="not((s:kosten or s:art/code = 'schulbedarf'))">
      <amtsweg:fired n="30" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:apply-templates select="*" mode="pattern-9"/>
  </xsl:template>
  <xsl:template match="/|node()|@*" mode="pattern-9" priority="-100">
    <xsl:apply-templates select="*" mode="pattern-9"/>
  </xsl:template>
  <xsl:template match="s:nachweis" mode="pattern-10" priority="1">
    <amtsweg:rule/>
    <xsl:if test="not((xs:integer(s:anzahl) = count(s:anlage)))">
      <amtsweg:fired n="31" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:if test="not((count(distinct-values(s:anlage/upper-case(s:sha256))) = count(s:anlage)))">
      <amtsweg:fired n="32" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:apply-templates select="*" mode="pattern-10"/>
  </xsl:template>
  <xsl:template match="/|node()|@*" mode="pattern-10" priority="-100">
    <xsl:apply-templates select="*" mode="pattern-10"/>
  </xsl:template>
  <xsl:template match="s:eingang[s:antwortBis]" mode="pattern-11" priority="2">
    <amtsweg:rule/>
    <xsl:if test="not((xs:date(s:antwortBis) ge xs:date(s:eingegangenAm)))">
      <amtsweg:fired n="33" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:apply-templates select="*" mode="pattern-11"/>
  </xsl:template>
  <xsl:template match="s:rueckweisungsgrund" mode="pattern-11" priority="1">
    <amtsweg:rule/>
    <xsl:if test="not((not(s:grund/code = 'X002') or s:grundSpezifisch/s:fehlercode))">
      <amtsweg:fired n="34" at="{amtsweg:path(.)}"/>
    </xsl:if>
    <xsl:apply-templates select="*" mode="pattern-11"/>
  </xsl:template>
  <xsl:template match="/|node()|@*" mode="pattern-11" priority="-100">
    <xsl:apply-templates select="*" mode="pattern-11"/>
  </xsl:template>
</xsl:stylesheet>
