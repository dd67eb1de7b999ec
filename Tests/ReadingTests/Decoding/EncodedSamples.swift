/// Tables in many languages, as text and as the bytes that Python writes for it in an encoding.
struct EncodedSample: Sendable, CustomStringConvertible {
  let language: String
  let encoding: String
  let text: String
  /// Base64.
  let encoded: String

  var description: String { "\(language) in \(encoding)" }
}

extension EncodedSample {
  private static let german = """
    Name;Straße;Ort
    Jürgen Müller;Hauptstraße 5;Köln
    Bärbel Groß;Am Bächle 12;Nürnberg
    Käthe Weiß;Schloßallee 3;Düsseldorf
    Göran Jäger;Mühlweg 7;Lübeck

    """

  private static let french = """
    Prénom;Ville;Remarque
    Hélène Lefèvre;Orléans;reçu l'été dernier, très satisfaite
    François Côté;Besançon;à rappeler dès que possible, problème réglé
    Zoé Gaëtan;Nîmes;déjà payé – prix 12 €
    Émile Crépeau;Sète;œuvre d’art à l’étage

    """

  private static let french9 = """
    Prénom;Ville;Remarque
    Hélène Lefèvre;Orléans;reçu l'été dernier, très satisfaite, prix 12 €
    François Côté;Besançon;cœur et sœur, à rappeler dès que possible
    Émile Crépeau;Sète;œuvre à l'étage, 40 €

    """

  private static let spanish = """
    Nombre;Ciudad;Año
    José Núñez;Málaga;teléfono móvil, atención rápida
    María Ibáñez;León;el niño pequeño está aquí
    Ramón Peña;Cádiz;última dirección según él

    """

  private static let polish = """
    Imię;Miasto;Uwagi
    Łukasz Wiśniewski;Łódź;zamówienie złożone wczoraj, proszę o szybką wysyłkę
    Małgorzata Dąbrowska;Kraków;źle zaadresowana przesyłka
    Stanisław Wójcik;Gdańsk;dziękuję bardzo, płatność już wpłynęła
    Grażyna Zielińska;Poznań;część środków jeszcze nie dotarła

    """

  private static let czech = """
    Jméno;Město;Poznámka
    Tomáš Dvořák;Plzeň;příliš žluťoučký kůň úpěl ďábelské ódy
    Jiří Němec;Ústí nad Labem;děkuji, zboží přišlo včas
    Věra Růžičková;České Budějovice;prosím o změnu adresy

    """

  private static let hungarian = """
    Név;Város;Megjegyzés
    Győző Szűcs;Győr;köszönöm, a csomag időben megérkezett
    Erzsébet Tóth;Székesfehérvár;kérem, hívjanak fel később
    Jenő Vörös;Pécs;a fizetés már megtörtént, üdvözlettel

    """

  private static let turkish = """
    İsim;Şehir;Açıklama
    Ayşe Yılmaz;İstanbul;sipariş dün geldi, teşekkür ederim
    Mehmet Öztürk;Muğla;ödeme yapıldı, çok güzel
    Gülşen Çağlar;Eskişehir;adres değişikliği için aradı
    Işıl Kılıç;Diyarbakır;yarın sabah kargoya verilecek

    """

  private static let russian = """
    Имя;Город;Примечание
    Иван Петров;Москва;заказ получен вчера, спасибо
    Светлана Кузнецова;Нижний Новгород;просит позвонить завтра утром
    Алексей Смирнов;Екатеринбург;оплата ещё не поступила

    """

  private static let greek = """
    Όνομα;Πόλη;Σχόλια
    Γιώργος Παπαδόπουλος;Θεσσαλονίκη;η παραγγελία έφτασε χθες, ευχαριστώ
    Ελένη Νικολάου;Αθήνα;παρακαλώ τηλεφωνήστε αύριο το πρωί
    Δημήτρης Ιωάννου;Πάτρα;η πληρωμή δεν έγινε ακόμα

    """

  private static let hebrew = """
    שם;עיר;הערות
    יוסף כהן;ירושלים;ההזמנה הגיעה אתמול, תודה רבה
    שרה לוי;תל אביב;נא להתקשר מחר בבוקר
    דוד מזרחי;חיפה;התשלום עדיין לא התקבל

    """

  private static let arabic = """
    الاسم;المدينة;ملاحظات
    محمد علي;القاهرة;وصل الطلب أمس وشكرا جزيلا
    فاطمة حسن;بغداد;يرجى الاتصال غدا في الصباح
    أحمد سعيد;دمشق;لم يتم الدفع حتى الآن

    """

  private static let lithuanian = """
    Vardas;Miestas;Pastabos
    Žydrūnas Šimkus;Šiauliai;užsakymas gautas vakar, ačiū
    Eglė Žukauskienė;Panevėžys;prašome paskambinti rytoj, mokėjimas dar negautas
    Jūratė Šarūnaitė;Mažeikiai;adresas pasikeitė, žiūrėti pažymą

    """

  private static let thai = """
    ชื่อ;เมือง;หมายเหตุ
    สมชาย ใจดี;กรุงเทพมหานคร;ได้รับสินค้าแล้วเมื่อวานนี้ ขอบคุณมาก
    สมหญิง รักไทย;เชียงใหม่;กรุณาโทรกลับพรุ่งนี้เช้า
    ประเสริฐ ศรีสุข;ขอนแก่น;ยังไม่ได้ชำระเงิน

    """

  private static let japanese = """
    氏名,都市,備考
    山田太郎,東京都,昨日商品を受け取りました。ありがとうございます
    鈴木花子,大阪市,明日の朝に電話してください
    佐藤健一,札幌市,まだ支払いが届いていません、確認をお願いします

    """

  private static let chinese = """
    姓名,城市,备注
    王小明,北京市,昨天已经收到货物,非常感谢你们的服务
    李晓红,上海市,请明天早上给我打电话
    张伟,广州市,还没有收到付款,请确认一下订单的地址

    """

  private static let taiwanese = """
    姓名,城市,備註
    王小明,台北市,昨天已經收到貨物,非常感謝你們的服務
    李曉紅,高雄市,請明天早上給我打電話
    張偉,台中市,還沒有收到付款,請確認一下訂單的地址

    """

  private static let korean = """
    이름,도시,비고
    김철수,서울특별시,어제 상품을 받았습니다. 감사합니다
    이영희,부산광역시,내일 아침에 전화해 주세요
    박민수,대구광역시,아직 결제가 확인되지 않았습니다

    """

  static let all: [EncodedSample] = [
    EncodedSample(
      language: "German", encoding: "windows-1252", text: german,
      encoded: """
        TmFtZTtTdHJh32U7T3J0Ckr8cmdlbiBN/GxsZXI7SGF1cHRzdHJh32UgNTtL9mxuCkLkcmJlbCBHcm/fO0Ft\
        IELkY2hsZSAxMjtO/HJuYmVyZwpL5HRoZSBXZWnfO1NjaGxv32FsbGVlIDM7RPxzc2VsZG9yZgpH9nJhbiBK\
        5GdlcjtN/Ghsd2VnIDc7TPxiZWNrCg==
        """),
    EncodedSample(
      language: "German", encoding: "ISO-8859-1", text: german,
      encoded: """
        TmFtZTtTdHJh32U7T3J0Ckr8cmdlbiBN/GxsZXI7SGF1cHRzdHJh32UgNTtL9mxuCkLkcmJlbCBHcm/fO0Ft\
        IELkY2hsZSAxMjtO/HJuYmVyZwpL5HRoZSBXZWnfO1NjaGxv32FsbGVlIDM7RPxzc2VsZG9yZgpH9nJhbiBK\
        5GdlcjtN/Ghsd2VnIDc7TPxiZWNrCg==
        """),
    EncodedSample(
      language: "German", encoding: "ISO-8859-15", text: german,
      encoded: """
        TmFtZTtTdHJh32U7T3J0Ckr8cmdlbiBN/GxsZXI7SGF1cHRzdHJh32UgNTtL9mxuCkLkcmJlbCBHcm/fO0Ft\
        IELkY2hsZSAxMjtO/HJuYmVyZwpL5HRoZSBXZWnfO1NjaGxv32FsbGVlIDM7RPxzc2VsZG9yZgpH9nJhbiBK\
        5GdlcjtN/Ghsd2VnIDc7TPxiZWNrCg==
        """),
    EncodedSample(
      language: "German", encoding: "IBM850", text: german,
      encoded: """
        TmFtZTtTdHJh4WU7T3J0CkqBcmdlbiBNgWxsZXI7SGF1cHRzdHJh4WUgNTtLlGxuCkKEcmJlbCBHcm/hO0Ft\
        IEKEY2hsZSAxMjtOgXJuYmVyZwpLhHRoZSBXZWnhO1NjaGxv4WFsbGVlIDM7RIFzc2VsZG9yZgpHlHJhbiBK\
        hGdlcjtNgWhsd2VnIDc7TIFiZWNrCg==
        """),
    EncodedSample(
      language: "German", encoding: "macintosh", text: german,
      encoded: """
        TmFtZTtTdHJhp2U7T3J0CkqfcmdlbiBNn2xsZXI7SGF1cHRzdHJhp2UgNTtLmmxuCkKKcmJlbCBHcm+nO0Ft\
        IEKKY2hsZSAxMjtOn3JuYmVyZwpLinRoZSBXZWmnO1NjaGxvp2FsbGVlIDM7RJ9zc2VsZG9yZgpHmnJhbiBK\
        imdlcjtNn2hsd2VnIDc7TJ9iZWNrCg==
        """),
    EncodedSample(
      language: "German", encoding: "UTF-16LE", text: german,
      encoded: """
        TgBhAG0AZQA7AFMAdAByAGEA3wBlADsATwByAHQACgBKAPwAcgBnAGUAbgAgAE0A/ABsAGwAZQByADsASABh\
        AHUAcAB0AHMAdAByAGEA3wBlACAANQA7AEsA9gBsAG4ACgBCAOQAcgBiAGUAbAAgAEcAcgBvAN8AOwBBAG0A\
        IABCAOQAYwBoAGwAZQAgADEAMgA7AE4A/AByAG4AYgBlAHIAZwAKAEsA5AB0AGgAZQAgAFcAZQBpAN8AOwBT\
        AGMAaABsAG8A3wBhAGwAbABlAGUAIAAzADsARAD8AHMAcwBlAGwAZABvAHIAZgAKAEcA9gByAGEAbgAgAEoA\
        5ABnAGUAcgA7AE0A/ABoAGwAdwBlAGcAIAA3ADsATAD8AGIAZQBjAGsACgA=
        """),
    EncodedSample(
      language: "German", encoding: "UTF-16BE", text: german,
      encoded: """
        AE4AYQBtAGUAOwBTAHQAcgBhAN8AZQA7AE8AcgB0AAoASgD8AHIAZwBlAG4AIABNAPwAbABsAGUAcgA7AEgA\
        YQB1AHAAdABzAHQAcgBhAN8AZQAgADUAOwBLAPYAbABuAAoAQgDkAHIAYgBlAGwAIABHAHIAbwDfADsAQQBt\
        ACAAQgDkAGMAaABsAGUAIAAxADIAOwBOAPwAcgBuAGIAZQByAGcACgBLAOQAdABoAGUAIABXAGUAaQDfADsA\
        UwBjAGgAbABvAN8AYQBsAGwAZQBlACAAMwA7AEQA/ABzAHMAZQBsAGQAbwByAGYACgBHAPYAcgBhAG4AIABK\
        AOQAZwBlAHIAOwBNAPwAaABsAHcAZQBnACAANwA7AEwA/ABiAGUAYwBrAAo=
        """),
    EncodedSample(
      language: "German", encoding: "UTF-32LE", text: german,
      encoded: """
        TgAAAGEAAABtAAAAZQAAADsAAABTAAAAdAAAAHIAAABhAAAA3wAAAGUAAAA7AAAATwAAAHIAAAB0AAAACgAA\
        AEoAAAD8AAAAcgAAAGcAAABlAAAAbgAAACAAAABNAAAA/AAAAGwAAABsAAAAZQAAAHIAAAA7AAAASAAAAGEA\
        AAB1AAAAcAAAAHQAAABzAAAAdAAAAHIAAABhAAAA3wAAAGUAAAAgAAAANQAAADsAAABLAAAA9gAAAGwAAABu\
        AAAACgAAAEIAAADkAAAAcgAAAGIAAABlAAAAbAAAACAAAABHAAAAcgAAAG8AAADfAAAAOwAAAEEAAABtAAAA\
        IAAAAEIAAADkAAAAYwAAAGgAAABsAAAAZQAAACAAAAAxAAAAMgAAADsAAABOAAAA/AAAAHIAAABuAAAAYgAA\
        AGUAAAByAAAAZwAAAAoAAABLAAAA5AAAAHQAAABoAAAAZQAAACAAAABXAAAAZQAAAGkAAADfAAAAOwAAAFMA\
        AABjAAAAaAAAAGwAAABvAAAA3wAAAGEAAABsAAAAbAAAAGUAAABlAAAAIAAAADMAAAA7AAAARAAAAPwAAABz\
        AAAAcwAAAGUAAABsAAAAZAAAAG8AAAByAAAAZgAAAAoAAABHAAAA9gAAAHIAAABhAAAAbgAAACAAAABKAAAA\
        5AAAAGcAAABlAAAAcgAAADsAAABNAAAA/AAAAGgAAABsAAAAdwAAAGUAAABnAAAAIAAAADcAAAA7AAAATAAA\
        APwAAABiAAAAZQAAAGMAAABrAAAACgAAAA==
        """),
    EncodedSample(
      language: "German", encoding: "UTF-32BE", text: german,
      encoded: """
        AAAATgAAAGEAAABtAAAAZQAAADsAAABTAAAAdAAAAHIAAABhAAAA3wAAAGUAAAA7AAAATwAAAHIAAAB0AAAA\
        CgAAAEoAAAD8AAAAcgAAAGcAAABlAAAAbgAAACAAAABNAAAA/AAAAGwAAABsAAAAZQAAAHIAAAA7AAAASAAA\
        AGEAAAB1AAAAcAAAAHQAAABzAAAAdAAAAHIAAABhAAAA3wAAAGUAAAAgAAAANQAAADsAAABLAAAA9gAAAGwA\
        AABuAAAACgAAAEIAAADkAAAAcgAAAGIAAABlAAAAbAAAACAAAABHAAAAcgAAAG8AAADfAAAAOwAAAEEAAABt\
        AAAAIAAAAEIAAADkAAAAYwAAAGgAAABsAAAAZQAAACAAAAAxAAAAMgAAADsAAABOAAAA/AAAAHIAAABuAAAA\
        YgAAAGUAAAByAAAAZwAAAAoAAABLAAAA5AAAAHQAAABoAAAAZQAAACAAAABXAAAAZQAAAGkAAADfAAAAOwAA\
        AFMAAABjAAAAaAAAAGwAAABvAAAA3wAAAGEAAABsAAAAbAAAAGUAAABlAAAAIAAAADMAAAA7AAAARAAAAPwA\
        AABzAAAAcwAAAGUAAABsAAAAZAAAAG8AAAByAAAAZgAAAAoAAABHAAAA9gAAAHIAAABhAAAAbgAAACAAAABK\
        AAAA5AAAAGcAAABlAAAAcgAAADsAAABNAAAA/AAAAGgAAABsAAAAdwAAAGUAAABnAAAAIAAAADcAAAA7AAAA\
        TAAAAPwAAABiAAAAZQAAAGMAAABrAAAACg==
        """),
    EncodedSample(
      language: "French", encoding: "windows-1252", text: french,
      encoded: """
        UHLpbm9tO1ZpbGxlO1JlbWFycXVlCkjpbOhuZSBMZWbodnJlO09ybOlhbnM7cmXndSBsJ+l06SBkZXJuaWVy\
        LCB0cuhzIHNhdGlzZmFpdGUKRnJhbudvaXMgQ/R06TtCZXNhbudvbjvgIHJhcHBlbGVyIGTocyBxdWUgcG9z\
        c2libGUsIHByb2Js6G1lIHLpZ2zpClpv6SBHYet0YW47Tu5tZXM7ZOlq4CBwYXnpIJYgcHJpeCAxMiCACslt\
        aWxlIENy6XBlYXU7U+h0ZTucdXZyZSBkkmFydCDgIGyS6XRhZ2UK
        """),
    EncodedSample(
      language: "French9", encoding: "ISO-8859-15", text: french9,
      encoded: """
        UHLpbm9tO1ZpbGxlO1JlbWFycXVlCkjpbOhuZSBMZWbodnJlO09ybOlhbnM7cmXndSBsJ+l06SBkZXJuaWVy\
        LCB0cuhzIHNhdGlzZmFpdGUsIHByaXggMTIgpApGcmFu529pcyBD9HTpO0Jlc2Fu529uO2O9dXIgZXQgc711\
        ciwg4CByYXBwZWxlciBk6HMgcXVlIHBvc3NpYmxlCsltaWxlIENy6XBlYXU7U+h0ZTu9dXZyZSDgIGwn6XRh\
        Z2UsIDQwIKQK
        """),
    EncodedSample(
      language: "Spanish", encoding: "windows-1252", text: spanish,
      encoded: """
        Tm9tYnJlO0NpdWRhZDtB8W8KSm9z6SBO+vFlejtN4WxhZ2E7dGVs6WZvbm8gbfN2aWwsIGF0ZW5jafNuIHLh\
        cGlkYQpNYXLtYSBJYuHxZXo7TGXzbjtlbCBuafFvIHBlcXVl8W8gZXN04SBhcXXtClJhbfNuIFBl8WE7Q+Fk\
        aXo7+mx0aW1hIGRpcmVjY2nzbiBzZWf6biDpbAo=
        """),
    EncodedSample(
      language: "Polish", encoding: "windows-1250", text: polish,
      encoded: """
        SW1p6jtNaWFzdG87VXdhZ2kKo3VrYXN6IFdpnG5pZXdza2k7o/Nknzt6YW3zd2llbmllIHqzb79vbmUgd2N6\
        b3JhaiwgcHJvc3rqIG8gc3p5Ymu5IHd5c3mza+oKTWGzZ29yemF0YSBEuWJyb3dza2E7S3Jha/N3O59sZSB6\
        YWFkcmVzb3dhbmEgcHJ6ZXN5s2thClN0YW5pc7NhdyBX82pjaWs7R2Rh8XNrO2R6aeprdWrqIGJhcmR6bywg\
        cLNhdG5vnOYganW/IHdws3lu6rNhCkdyYb95bmEgWmllbGnxc2thO1Bvem5h8Ttjeuqc5iCccm9ka/N3IGpl\
        c3pjemUgbmllIGRvdGFys2EK
        """),
    EncodedSample(
      language: "Polish", encoding: "ISO-8859-2", text: polish,
      encoded: """
        SW1p6jtNaWFzdG87VXdhZ2kKo3VrYXN6IFdptm5pZXdza2k7o/NkvDt6YW3zd2llbmllIHqzb79vbmUgd2N6\
        b3JhaiwgcHJvc3rqIG8gc3p5YmuxIHd5c3mza+oKTWGzZ29yemF0YSBEsWJyb3dza2E7S3Jha/N3O7xsZSB6\
        YWFkcmVzb3dhbmEgcHJ6ZXN5s2thClN0YW5pc7NhdyBX82pjaWs7R2Rh8XNrO2R6aeprdWrqIGJhcmR6bywg\
        cLNhdG5vtuYganW/IHdws3lu6rNhCkdyYb95bmEgWmllbGnxc2thO1Bvem5h8Ttjeuq25iC2cm9ka/N3IGpl\
        c3pjemUgbmllIGRvdGFys2EK
        """),
    EncodedSample(
      language: "Czech", encoding: "windows-1250", text: czech,
      encoded: """
        Sm3pbm87TexzdG87UG96buFta2EKVG9t4ZogRHZv+OFrO1BsemXyO3D47WxpmiCebHWdb3Xoa/0ga/nyIPpw\
        7Gwg7+FiZWxza+kg82R5Ckpp+O0gTuxtZWM72nN07SBuYWQgTGFiZW07ZOxrdWppLCB6Ym+e7SBw+GmabG8g\
        duhhcwpW7HJhIFL5nmnoa2924TvIZXNr6SBCdWTsam92aWNlO3Byb3PtbSBvIHpt7G51IGFkcmVzeQo=
        """),
    EncodedSample(
      language: "Hungarian", encoding: "windows-1250", text: hungarian,
      encoded: """
        Tul2O1bhcm9zO01lZ2plZ3l66XMKR3n1evUgU3r7Y3M7R3n1cjtr9nN69m72bSwgYSBjc29tYWcgaWT1YmVu\
        IG1lZ+lya2V6ZXR0CkVyenPpYmV0IFTzdGg7U3rpa2VzZmVo6XJ24XI7a+lyZW0sIGjtdmphbmFrIGZlbCBr\
        6XP1YmIKSmVu9SBW9nL2cztQ6WNzO2EgZml6ZXTpcyBt4XIgbWVndPZydOludCwg/GR29npsZXR0ZWwK
        """),
    EncodedSample(
      language: "Turkish", encoding: "windows-1254", text: turkish,
      encoded: """
        3XNpbTveZWhpcjtB5/1rbGFtYQpBef5lIFn9bG1hejvdc3RhbmJ1bDtzaXBhcmn+IGT8biBnZWxkaSwgdGX+\
        ZWtr/HIgZWRlcmltCk1laG1ldCDWenT8cms7TXXwbGE79mRlbWUgeWFw/Wxk/Swg529rIGf8emVsCkf8bP5l\
        biDHYfBsYXI7RXNraf5laGlyO2FkcmVzIGRl8Gn+aWtsafBpIGnnaW4gYXJhZP0KSf79bCBL/Wz95ztEaXlh\
        cmJha/1yO3lhcv1uIHNhYmFoIGthcmdveWEgdmVyaWxlY2VrCg==
        """),
    EncodedSample(
      language: "Russian", encoding: "windows-1251", text: russian,
      encoded: """
        yOz/O8Pu8O7kO8/w6Ozl9+Dt6OUKyOLg7SDP5fLw7uI7zO7x6uLgO+fg6uDnIO/u6/P35e0g4vfl8OAsIPHv\
        4PHo4e4K0eLl8uvg7eAgyvPn7eX27uLgO83o5u3o6SDN7uLj7vDu5Dvv8O7x6PIg7+7n4u7t6PL8IOfg4vLw\
        4CDz8vDu7ArA6+Xq8eXpINHs6PDt7uI7xerg8uXw6O3h8/DjO+7v6+Dy4CDl+bgg7eUg7+7x8vPv6OvgCg==
        """),
    EncodedSample(
      language: "Russian", encoding: "KOI8-R", text: russian,
      encoded: """
        6c3RO+fP0s/EO/DSyc3F3sHOycUK6dfBziDwxdTSz9c77c/Ty9fBO9rBy8HaINDPzNXexc4g197F0sEsINPQ\
        wdPJws8K89fF1MzBzsEg69XazsXDz9fBO+7J1s7JyiDuz9fHz9LPxDvQ0s/TydQg0M/a18/OydTYINrB19TS\
        wSDV1NLPzQrhzMXL08XKIPPNydLOz9c75cvB1MXSyc7C1dLHO8/QzMHUwSDF3aMgzsUg0M/T1NXQyczBCg==
        """),
    EncodedSample(
      language: "Russian", encoding: "ISO-8859-5", text: russian,
      encoded: """
        uNzvO7Pe4N7UO7/g2NzV59Dd2NUKuNLQ3SC/1eLg3tI7vN7h2tLQO9fQ2tDXIN/e2+Pn1d0g0ufV4NAsIOHf\
        0OHY0d4KwdLV4tvQ3dAguuPX3dXm3tLQO73Y1t3Y2SC93tLT3uDe1Dvf4N7h2OIg397X0t7d2OLsINfQ0uLg\
        0CDj4uDe3Aqw29Xa4dXZIMHc2ODd3tI7tdrQ4tXg2N3R4+DTO97f29Di0CDV6fEg3dUg397h4uPf2NvQCg==
        """),
    EncodedSample(
      language: "Russian", encoding: "IBM866", text: russian,
      encoded: """
        iKzvO4Ou4K6kO4/gqKyl56CtqKUKiKKgrSCPpeLgrqI7jK7hqqKgO6egqqCnIK+uq+Pnpa0gouel4KAsIOGv\
        oOGooa4KkaKl4qugraAgiuOnraXmrqKgO42opq2oqSCNrqKjruCupDuv4K7hqOIgr66noq6tqOLsIKegouLg\
        oCDj4uCurAqAq6Wq4aWpIJGsqOCtrqI7haqg4qXgqK2h4+CjO66vq6DioCCl6fEgraUgr67h4uOvqKugCg==
        """),
    EncodedSample(
      language: "Russian", encoding: "UTF-16LE", text: russian,
      encoded: """
        GAQ8BE8EOwATBD4EQAQ+BDQEOwAfBEAEOAQ8BDUERwQwBD0EOAQ1BAoAGAQyBDAEPQQgAB8ENQRCBEAEPgQy\
        BDsAHAQ+BEEEOgQyBDAEOwA3BDAEOgQwBDcEIAA/BD4EOwRDBEcENQQ9BCAAMgRHBDUEQAQwBCwAIABBBD8E\
        MARBBDgEMQQ+BAoAIQQyBDUEQgQ7BDAEPQQwBCAAGgRDBDcEPQQ1BEYEPgQyBDAEOwAdBDgENgQ9BDgEOQQg\
        AB0EPgQyBDMEPgRABD4ENAQ7AD8EQAQ+BEEEOARCBCAAPwQ+BDcEMgQ+BD0EOARCBEwEIAA3BDAEMgRCBEAE\
        MAQgAEMEQgRABD4EPAQKABAEOwQ1BDoEQQQ1BDkEIAAhBDwEOARABD0EPgQyBDsAFQQ6BDAEQgQ1BEAEOAQ9\
        BDEEQwRABDMEOwA+BD8EOwQwBEIEMAQgADUESQRRBCAAPQQ1BCAAPwQ+BEEEQgRDBD8EOAQ7BDAECgA=
        """),
    EncodedSample(
      language: "Russian", encoding: "UTF-32BE", text: russian,
      encoded: """
        AAAEGAAABDwAAARPAAAAOwAABBMAAAQ+AAAEQAAABD4AAAQ0AAAAOwAABB8AAARAAAAEOAAABDwAAAQ1AAAE\
        RwAABDAAAAQ9AAAEOAAABDUAAAAKAAAEGAAABDIAAAQwAAAEPQAAACAAAAQfAAAENQAABEIAAARAAAAEPgAA\
        BDIAAAA7AAAEHAAABD4AAARBAAAEOgAABDIAAAQwAAAAOwAABDcAAAQwAAAEOgAABDAAAAQ3AAAAIAAABD8A\
        AAQ+AAAEOwAABEMAAARHAAAENQAABD0AAAAgAAAEMgAABEcAAAQ1AAAEQAAABDAAAAAsAAAAIAAABEEAAAQ/\
        AAAEMAAABEEAAAQ4AAAEMQAABD4AAAAKAAAEIQAABDIAAAQ1AAAEQgAABDsAAAQwAAAEPQAABDAAAAAgAAAE\
        GgAABEMAAAQ3AAAEPQAABDUAAARGAAAEPgAABDIAAAQwAAAAOwAABB0AAAQ4AAAENgAABD0AAAQ4AAAEOQAA\
        ACAAAAQdAAAEPgAABDIAAAQzAAAEPgAABEAAAAQ+AAAENAAAADsAAAQ/AAAEQAAABD4AAARBAAAEOAAABEIA\
        AAAgAAAEPwAABD4AAAQ3AAAEMgAABD4AAAQ9AAAEOAAABEIAAARMAAAAIAAABDcAAAQwAAAEMgAABEIAAARA\
        AAAEMAAAACAAAARDAAAEQgAABEAAAAQ+AAAEPAAAAAoAAAQQAAAEOwAABDUAAAQ6AAAEQQAABDUAAAQ5AAAA\
        IAAABCEAAAQ8AAAEOAAABEAAAAQ9AAAEPgAABDIAAAA7AAAEFQAABDoAAAQwAAAEQgAABDUAAARAAAAEOAAA\
        BD0AAAQxAAAEQwAABEAAAAQzAAAAOwAABD4AAAQ/AAAEOwAABDAAAARCAAAEMAAAACAAAAQ1AAAESQAABFEA\
        AAAgAAAEPQAABDUAAAAgAAAEPwAABD4AAARBAAAEQgAABEMAAAQ/AAAEOAAABDsAAAQwAAAACg==
        """),
    EncodedSample(
      language: "Greek", encoding: "windows-1253", text: greek,
      encoded: """
        vO3v7OE70Pzr5zvT9/zr6eEKw+n+8ePv8iDQ4fDh5Pzw7/Xr7/I7yOXz8+Hr7+3f6uc75yDw4fHh4+Pl69/h\
        IN329OHz5SD36OXyLCDl9ffh8enz9P4Kxevd7ecgzenq7+vc7/U7weje7eE78OHx4erh6/4g9Ofr5fb57d7z\
        9OUg4f3x6e8g9O8g8PH53wrE5+ze9PHn8iDJ+dzt7e/1O9Dc9PHhO+cg8Ovn8fns3iDk5e0g3ePp7eUg4er8\
        7OEK
        """),
    EncodedSample(
      language: "Greek", encoding: "ISO-8859-7", text: greek,
      encoded: """
        vO3v7OE70Pzr5zvT9/zr6eEKw+n+8ePv8iDQ4fDh5Pzw7/Xr7/I7yOXz8+Hr7+3f6uc75yDw4fHh4+Pl69/h\
        IN329OHz5SD36OXyLCDl9ffh8enz9P4Kxevd7ecgzenq7+vc7/U7weje7eE78OHx4erh6/4g9Ofr5fb57d7z\
        9OUg4f3x6e8g9O8g8PH53wrE5+ze9PHn8iDJ+dzt7e/1O9Dc9PHhO+cg8Ovn8fns3iDk5e0g3ePp7eUg4er8\
        7OEK
        """),
    EncodedSample(
      language: "Hebrew", encoding: "windows-1255", text: hebrew,
      encoded: """
        +e078un4O+Ty+OX6Cunl8fMg6+TvO+n45fns6e075OTm7vDkIOTi6fLkIOD67uXsLCD65ePkIPjh5Ar5+OQg\
        7OXpO/rsIODh6eE78OAg7OT69/n4IO7n+CDh4eX3+Arj5eMg7ub45+k75+n05Dvk+vns5e0g8uPp6e8g7OAg\
        5Pr34ewK
        """),
    EncodedSample(
      language: "Hebrew", encoding: "ISO-8859-8", text: hebrew,
      encoded: """
        +e078un4O+Ty+OX6Cunl8fMg6+TvO+n45fns6e075OTm7vDkIOTi6fLkIOD67uXsLCD65ePkIPjh5Ar5+OQg\
        7OXpO/rsIODh6eE78OAg7OT69/n4IO7n+CDh4eX3+Arj5eMg7ub45+k75+n05Dvk+vns5e0g8uPp6e8g7OAg\
        5Pr34ewK
        """),
    EncodedSample(
      language: "Arabic", encoding: "windows-1256", text: arabic,
      encoded: """
        x+HH0+M7x+Hjz+3kyTvj4cfN2cfKCuPN488g2uHtO8fh3sfl0ck75tXhIMfh2OHIIMPj0yDm1N/RxyDM0u3h\
        xwrdx9jjySDN0+Q7yNvPx8877dHM7CDH4cfK1cfhINvPxyDd7SDH4dXIx80Kw83jzyDT2u3PO8/j1N474eMg\
        7crjIMfhz93aIM3K7CDH4cLkCg==
        """),
    EncodedSample(
      language: "Lithuanian", encoding: "windows-1257", text: lithuanian,
      encoded: """
        VmFyZGFzO01pZXN0YXM7UGFzdGFib3MK3nlkcvtuYXMg0Glta3VzO9BpYXVsaWFpO3X+c2FreW1hcyBnYXV0\
        YXMgdmFrYXIsIGHoafsKRWds6yDedWthdXNraWVu6ztQYW5lduv+eXM7cHJh8G9tZSBwYXNrYW1iaW50aSBy\
        eXRvaiwgbW9r62ppbWFzIGRhciBuZWdhdXRhcwpK+3JhdOsg0GFy+25haXTrO01h/mVpa2lhaTthZHJlc2Fz\
        IHBhc2lrZWl06ywg/mn7cut0aSBwYf55beAK
        """),
    EncodedSample(
      language: "Thai", encoding: "windows-874", text: thai,
      encoded: """
        qtfozTvgwdfNpzvLwdLC4Mu12ArKwarSwiDjqLTVO6HD2Kfgt77By9K5pMM75LTpw9G6ytS5pOnS4cXpx+DB\
        1+jNx9K5udXpIKLNuqTYs8HSoQrKwcut1Kcgw9Gh5LfCO+Cq1cKn48vB6Duhw9iz0uK3w6HF0bq+w9jop7nV\
        6eCq6dIKu8PQ4MrD1LAgyMPVytiiO6LNueGh6Lk7wtGn5MHo5LTpqtPD0OCn1LkK
        """),
    EncodedSample(
      language: "Japanese", encoding: "Shift_JIS", text: japanese,
      encoded: """
        joGWvCyTc45zLJT1jWwKjlKTY5G+mFksk4yLnpNzLI3wk/qPpJVpgvCO84KvjuaC6ILcgrWCvYFCgqCC6IKq\
        gsaCpIKygrSCooLcgrcKl+mW2InUjnEskeWN445zLJa+k/qCzJKpgsmTZJhigrWCxIKtgr6Cs4KiCo2yk6GM\
        kojqLI5ElnmOcyyC3IK+jniVpYKigqqTzYKigsSCooLcgrmC8YFBim2URoLwgqiK6IKigrWC3IK3Cg==
        """),
    EncodedSample(
      language: "Japanese", encoding: "EUC-JP", text: japanese,
      encoded: """
        u+HMvizF1LvULMj3uc0Ku7PFxMLAz7osxey1/sXULLryxvy+psnKpPK89aSxvOik6qTepLekv6GjpKKk6qSs\
        pMikpqS0pLakpKTepLkKzuvM2rLWu9Iswue65bvULMzAxvykzsSrpMvFxc/DpLekxqSvpMCktaSkCrq0xqO3\
        8rDsLLuly9q71Cyk3qTAu9nKp6SkpKzGz6SkpMakpKTepLuk86Gis87Hp6TypKq06qSkpLek3qS5Cg==
        """),
    EncodedSample(
      language: "Japanese", encoding: "UTF-16LE", text: japanese,
      encoded: """
        D2wNVCwA/ZACXiwAmVADgAoAcVwwdSpZzpAsAHFnrE79kCwAKGblZUZVwVSSMNdTUTDWU4owfjBXMF8wAjBC\
        MIowTDBoMEYwVDBWMEQwfjBZMAoANJIoZ7GCUFssACdZKpYCXiwADmblZW4wHWdrMPuWcYpXMGYwTzBgMFUw\
        RDAKAFBP5IVlUABOLAAtZ0xeAl4sAH4wYDAvZVViRDBMMEpcRDBmMEQwfjBbMJMwATC6eI2KkjBKMFiYRDBX\
        MH4wWTAKAA==
        """),
    EncodedSample(
      language: "Japanese", encoding: "UTF-16BE", text: japanese,
      encoded: """
        bA9UDQAskP1eAgAsUJmAAwAKXHF1MFkqkM4ALGdxTqyQ/QAsZihl5VVGVMEwklPXMFFT1jCKMH4wVzBfMAIw\
        QjCKMEwwaDBGMFQwVjBEMH4wWQAKkjRnKIKxW1AALFknlipeAgAsZg5l5TBuZx0wa5b7inEwVzBmME8wYDBV\
        MEQACk9QheRQZU4AACxnLV5MXgIALDB+MGBlL2JVMEQwTFxKMEQwZjBEMH4wWzCTMAF4uoqNMJIwSphYMEQw\
        VzB+MFkACg==
        """),
    EncodedSample(
      language: "Chinese", encoding: "GB18030", text: chinese,
      encoded: """
        0NXD+yyzx8rQLLG416IKzfXQocP3LLGxvqnK0CzX8szs0tG+rcrVtb279c7vLLfHs6O40NC7xOPDx7XEt/7O\
        8QrA7s/+uuwsyc+6o8rQLMfrw/fM7NTnyc+4+M7StPK157uwCtXFzrAsuePW3crQLLu5w7vT0MrVtb24tr/u\
        LMfryLfIz9K7z8K2qbWltcS12Na3Cg==
        """),
    EncodedSample(
      language: "Chinese", encoding: "UTF-16LE", text: chinese,
      encoded: """
        01kNVCwAzlcCXiwAB1nobAoAi3MPXA5mLAAXU6xOAl4sAChmKVnyXc9+NmUwUieNaXIsAF6XOF4fYSKMYE/s\
        ToR2DWehUgoATmdTZqJ+LAAKTndtAl4sAPeLDmYpWellCk7ZfhFiU2I1dd2LCgAgXx9PLAB/Xt5dAl4sANiP\
        oWwJZzZlMFLYTj5rLAD3i254pIsATgtOootVU4R2MFdAVwoA
        """),
    EncodedSample(
      language: "Taiwanese", encoding: "Big5", text: taiwanese,
      encoded: """
        qW2mVyyrsKWrLLPGtfkKpP2kcKn6LKV4pV+lqyysUaTRpHe4Z6asqOyzZqqrLKtEsWC3UMHCp0GtzKq6qkGw\
        yAqn9b7lrPUssKq2r6WrLL3Qqfqk0aatpFe1uafapbS5cbjcCrFpsLYspXikpKWrLMHZqFOms6asqOylSbTa\
        LL3QvVS7e6RApFWtcbPmqrqmYad9Cg==
        """),
    EncodedSample(
      language: "Korean", encoding: "EUC-KR", text: korean,
      encoded: """
        wMy4pyy1tb3DLLrxsO0KsejDtrz2LLytv+/Gr7qwvcMsvu7BpiC788ewwLsgud6+0r3AtM+02S4gsKi758fV\
        tM+02QrAzL+1yPEsus676rGkv6q9wyyzu8DPIL7GxKe/oSDA/Mitx9ggwda8vL/kCrnauc689iy067G4saS/\
        qr3DLL7GwfcgsOHBprChIMiuwM61x8H2IL7KvtK9wLTPtNkK
        """),
  ]
}
